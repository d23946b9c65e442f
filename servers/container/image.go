package container

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ory/dockertest/v3/docker"

	"github.com/corsproof/corsproof/fixtures"
	"github.com/corsproof/corsproof/servers"
)

// Environment variables that name other base images than the official ones. The one for
// Python needs servers.ContainerPython and glibc. An engine that Open starts has no
// network, so it cannot use them.
const (
	PythonImageVar = "CORSPROOF_PYTHON_IMAGE"
	NodeImageVar   = "CORSPROOF_NODE_IMAGE"
)

// The official images, as in the Dockerfiles. They are pinned by version, not by digest.
const (
	pythonImage = "python:3.13-slim-trixie"
	nodeImage   = "node:22-trixie-slim"
)

// Images are the names of the services' images in an engine.
type Images struct{ FastAPI, Node string }

// imageLabel marks the images that were built here, for whoever wants to remove
// them: docker image prune --all --filter label=corsproof.image.
const imageLabel = "corsproof.image"

// currentTag is what the images are called, too, in an engine of somebody else's:
// the manifests in fixtures/kubernetes name them so.
const currentTag = "current"

// An image is one that is to be built.
type image struct {
	service string // folder of its Dockerfile
	base    string
	files   []tree // of its build context
}

// A tree is a folder of files, and where in a build context it goes.
type tree struct {
	dir  string
	at   string
	only string // pattern of the files' names; empty means all, and folders
}

// Images builds the images that are missing in the engine; their names depend on
// everything that they are built from. An engine that Open did not start pulls the base
// images that it needs. progress gets a line for each image that is built; if nil,
// nothing is written.
func (e *Engine) Images(ctx context.Context, installed *servers.Installed, progress io.Writer) (Images, error) {
	if e.Own() {
		for _, name := range []string{PythonImageVar, NodeImageVar} {
			if os.Getenv(name) != "" {
				return Images{}, fmt.Errorf("%s=%s: the engine that corsproof starts has no network to pull the image; unset the variable, or name an engine in %s", name, os.Getenv(name), HostVar)
			}
		}
	}
	files, err := servers.InstallContainerFiles(ctx, servers.InstallConfig{CacheDir: installed.Dir, Progress: progress}, baseOf(e.Own()))
	if err != nil {
		return Images{}, err
	}
	fastapi, node := imagesOf(e.Own(), installed, files)
	var images Images
	for _, i := range []struct {
		image image
		name  *string
	}{{fastapi, &images.FastAPI}, {node, &images.Node}} {
		if *i.name, err = e.ensureImage(ctx, i.image, files, progress); err != nil {
			return Images{}, fmt.Errorf("build the image of %s: %w", i.image.service, err)
		}
	}
	if !e.Own() {
		err = e.tagCurrent(images)
	} else {
		err = errors.Join(e.keepImages(images.FastAPI, images.Node, fastapi.base), noteImages(installed.Dir, images))
	}
	return images, err
}

// baseOf says what base image an engine needs made; one that was started here
// pulls none.
func baseOf(own bool) servers.ContainerBase {
	if own {
		return servers.ContainerBaseDebian
	}
	return servers.ContainerBaseOfficial
}

// imagesOf says what the images are made of.
func imagesOf(own bool, installed *servers.Installed, files *servers.ContainerFiles) (fastapi, node image) {
	pythonBase, nodeBase := cmp.Or(os.Getenv(PythonImageVar), pythonImage), cmp.Or(os.Getenv(NodeImageVar), nodeImage)
	if own {
		pythonBase = "corsproof-base:" + files.BaseKey
		nodeBase = pythonBase
	}
	fastapi = image{service: "fastapi", base: pythonBase, files: []tree{
		{dir: installed.FastAPI, only: "*.py"}, {dir: filepath.Join(files.PythonPackages, "packages"), at: "packages"},
	}}
	node = image{service: "node", base: nodeBase, files: []tree{
		{dir: installed.NodeService, only: "*.js"}, {dir: installed.NodeService, only: "package.json"},
		{dir: filepath.Join(installed.NodeService, "node_modules"), at: "node_modules"},
	}}
	return fastapi, node
}

func (e *Engine) tagCurrent(images Images) error {
	for _, name := range []string{images.FastAPI, images.Node} {
		repository, _ := docker.ParseRepositoryTag(name)
		if err := e.pool.Client.TagImage(name, docker.TagImageOptions{Repo: repository, Tag: currentTag, Force: true}); err != nil {
			return fmt.Errorf("tag the image %s as %s: %w", name, currentTag, err)
		}
	}
	return nil
}

// keepImages removes all other images: older ones, which nobody will ask for.
func (e *Engine) keepImages(names ...string) error {
	images, err := e.pool.Client.ListImages(docker.ListImagesOptions{})
	if err != nil {
		return fmt.Errorf("list images: %w", err)
	}
	// Newest first: what was made from another one goes before it.
	slices.SortFunc(images, func(a, b docker.APIImages) int { return cmp.Compare(b.Created, a.Created) })
	var errs []error
	for _, i := range images {
		if !slices.ContainsFunc(i.RepoTags, func(tag string) bool { return slices.Contains(names, tag) }) {
			errs = append(errs, e.pool.Client.RemoveImageExtended(i.ID, docker.RemoveImageOptions{Force: true}))
		}
	}
	return errors.Join(errs...)
}

// ensureImage builds the image unless it is there.
func (e *Engine) ensureImage(ctx context.Context, i image, files *servers.ContainerFiles, progress io.Writer) (name string, err error) {
	name, buildContext, err := i.prepare()
	if err != nil {
		return "", err
	}
	if there, err := e.hasImage(name); there || err != nil {
		return name, err
	}
	if err := e.ensureBase(ctx, i.base, files, progress); err != nil {
		return "", err
	}
	say(progress, "  building the image %s", name)
	return name, e.Build(ctx, name, buildContext, map[string]string{"BASE": i.base})
}

func (e *Engine) hasImage(name string) (bool, error) {
	_, err := e.pool.Client.InspectImage(name)
	if errors.Is(err, docker.ErrNoSuchImage) {
		return false, nil
	}
	return err == nil, err
}

// ensureBase makes or pulls the base image unless it is there.
func (e *Engine) ensureBase(ctx context.Context, base string, files *servers.ContainerFiles, progress io.Writer) error {
	if there, err := e.hasImage(base); there || err != nil {
		return err
	}
	repository, tag := docker.ParseRepositoryTag(base)
	var said bytes.Buffer
	if e.Own() {
		file, err := os.Open(files.Base)
		if err != nil {
			return err
		}
		defer file.Close()
		say(progress, "  importing the base image %s", base)
		err = e.pool.Client.ImportImage(docker.ImportImageOptions{
			Context: ctx, Repository: repository, Tag: tag, Source: "-", InputStream: file, OutputStream: &said,
		})
		if err != nil {
			return fmt.Errorf("import the base image: %w; its output ends:\n%s", err, tail(said.String()))
		}
		return nil
	}
	say(progress, "  pulling the base image %s", base)
	if err := e.pull(ctx, base); err != nil {
		return fmt.Errorf("pull the base image %s: %w; without access to a registry, name images in %s and %s; fixtures/docker/base.sh shows how to build one",
			base, err, PythonImageVar, NodeImageVar)
	}
	return nil
}

// Pull pulls an image if the engine lacks it. An engine that Open started cannot access a
// registry.
func (e *Engine) Pull(ctx context.Context, name string, progress io.Writer) error {
	if there, err := e.hasImage(name); there || err != nil {
		return err
	}
	if e.Own() {
		return fmt.Errorf("the image %s is missing in the engine that corsproof starts, which cannot reach a registry; start a Docker Engine, or name one in %s", name, HostVar)
	}
	say(progress, "  pulling the image %s", name)
	if err := e.pull(ctx, name); err != nil {
		return fmt.Errorf("pull the image %s: %w", name, err)
	}
	return nil
}

// Build builds an image from a build context, a tar archive with a Dockerfile. A build
// has no network.
func (e *Engine) Build(ctx context.Context, name string, buildContext io.Reader, args map[string]string) error {
	var said bytes.Buffer
	options := docker.BuildImageOptions{
		Context: ctx, Name: name, InputStream: buildContext, OutputStream: &said, Labels: map[string]string{imageLabel: name},
		NetworkMode: "none", RmTmpContainer: true, ForceRmTmpContainer: true,
	}
	for key, value := range args {
		options.BuildArgs = append(options.BuildArgs, docker.BuildArg{Name: key, Value: value})
	}
	if err := e.pool.Client.BuildImage(options); err != nil {
		return fmt.Errorf("build the image %s: %w; its output ends:\n%s", name, err, tail(said.String()))
	}
	return nil
}

// RemoveImage removes an image. It returns no error if the image does not exist.
func (e *Engine) RemoveImage(name string) error {
	err := e.pool.Client.RemoveImageExtended(name, docker.RemoveImageOptions{Force: true})
	if errors.Is(err, docker.ErrNoSuchImage) {
		return nil
	}
	return err
}

func (e *Engine) pull(ctx context.Context, name string) error {
	repository, tag := docker.ParseRepositoryTag(name)
	return e.pool.Client.PullImage(docker.PullImageOptions{
		Context: ctx, Repository: repository, Tag: cmp.Or(tag, "latest"), OutputStream: io.Discard,
	}, docker.AuthConfiguration{})
}

// prepare returns the image's name and its build context.
func (i image) prepare() (name string, buildContext *bytes.Buffer, err error) {
	buildContext = new(bytes.Buffer)
	if err := i.write(buildContext); err != nil {
		return "", nil, err
	}
	// A base image's name stands for it; who changes what it names removes the image.
	sum := sha256.New()
	sum.Write(buildContext.Bytes())
	io.WriteString(sum, i.base)
	return "corsproof-" + i.service + ":" + hex.EncodeToString(sum.Sum(nil)[:6]), buildContext, nil
}

// write writes the build context: the same bytes for the same files.
func (i image) write(w io.Writer) error {
	out := tar.NewWriter(w)
	sources := path.Join("docker", i.service)
	entries, err := fixtures.Files.ReadDir(sources)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		data, err := fixtures.Files.ReadFile(path.Join(sources, entry.Name()))
		if err != nil {
			return err
		}
		if err := writeFile(out, entry.Name(), 0o644, data); err != nil {
			return err
		}
	}
	for _, t := range i.files {
		if err := t.write(out); err != nil {
			return err
		}
	}
	return out.Close()
}

func (t tree) write(out *tar.Writer) error {
	dir, err := filepath.EvalSymlinks(t.dir)
	if err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		if t.only != "" {
			if match, err := filepath.Match(t.only, entry.Name()); err != nil || !match || entry.IsDir() {
				if err == nil && entry.IsDir() {
					return fs.SkipDir
				}
				return err
			}
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		rel = path.Join(t.at, filepath.ToSlash(rel))
		info, err := entry.Info()
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir():
			return nil // comes with its files
		case entry.Type()&fs.ModeSymlink != 0:
			to, err := os.Readlink(name)
			if err != nil {
				return err
			}
			return out.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: rel, Linkname: to, Mode: 0o777})
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return writeFile(out, rel, int64(info.Mode().Perm()), data)
	})
}

func writeFile(out *tar.Writer, name string, mode int64, data []byte) error {
	if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(data))}); err != nil {
		return err
	}
	_, err := out.Write(data)
	return err
}

func say(w io.Writer, format string, args ...any) {
	if w != nil {
		fmt.Fprintf(w, format+"\n", args...)
	}
}

// tail returns the last lines of a text.
func tail(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-logLines):], "\n")
}
