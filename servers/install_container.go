package servers

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
)

// ContainerPython is the version of Python for the packages of [ContainerFiles]; an image
// needs this version.
const ContainerPython = "3.13"

// ContainerFiles has the paths of what images of the services are built from, in addition
// to [Installed].
type ContainerFiles struct {
	// PythonPackages is a folder that contains, in packages, FastAPI and its
	// dependencies, for Linux with glibc and Python 3.13.
	PythonPackages string
	// Base is the file of a base image, for docker import; empty if it was not requested.
	Base string
	// BaseKey changes when Base does.
	BaseKey string
}

// A ContainerBase says whether to build a base image. The official images need none.
type ContainerBase string

const (
	ContainerBaseOfficial ContainerBase = "official"
	// ContainerBaseDebian is built from Debian's packages by debootstrap, which requires
	// root on Debian.
	ContainerBaseDebian ContainerBase = "debian"
)

// InstallContainerFiles installs what images of the services are built from, as [Install]
// does, including the parts of Install.
func InstallContainerFiles(ctx context.Context, cfg InstallConfig, base ContainerBase) (*ContainerFiles, error) {
	dir, err := cacheDir(cfg.CacheDir)
	if err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	c := &cache{dir: dir, progress: progressTo(cfg.Progress)}
	if c.node, c.python, err = c.interpreters(ctx); err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	parts := c.parts()
	files, own := c.containerFiles(base, parts.python)
	if err := c.ensure(ctx, append(parts.all(), own...)); err != nil {
		return nil, err
	}
	return files, nil
}

// InspectContainerFiles returns the paths that [InstallContainerFiles] uses, and whether
// everything is installed. It installs nothing.
func InspectContainerFiles(cfg InstallConfig, base ContainerBase) (files *ContainerFiles, there bool, err error) {
	dir, err := cacheDirName(cfg.CacheDir)
	if err != nil {
		return nil, false, err
	}
	c := &cache{dir: dir}
	files, own := c.containerFiles(base, nil)
	return files, len(missing(own)) == 0, nil
}

// containerFiles says where everything goes, and what parts it is made of, which
// are built by the Python of a part.
func (c *cache) containerFiles(base ContainerBase, python *part) (*ContainerFiles, []*part) {
	packages := c.containerPackages(python)
	files, own := &ContainerFiles{PythonPackages: packages.dir()}, []*part{packages}
	if base == ContainerBaseDebian {
		part := c.containerBase()
		own = append(own, part)
		files.Base, files.BaseKey = filepath.Join(part.dir(), baseFile), part.key
	}
	return files, own
}

// baseFile is what base.sh writes.
const baseFile = "base.tar"

// containerPackages are the app's packages for the Python of the images, which
// need not be this machine's.
func (c *cache) containerPackages(python *part) *part {
	p := newPart(c.dir, "container-python", filepath.Join("packages", "fastapi", "__init__.py"),
		ContainerPython, runtime.GOARCH, sources("fastapi", "requirements.txt"))
	p.needs = []*part{python}
	p.build = func(ctx context.Context, t *tools, dir string) error {
		if err := copySources(dir, "fastapi", "requirements.txt"); err != nil {
			return err
		}
		args := []string{"-m", "pip", "install", "--only-binary=:all:", "--no-deps", "--no-compile", "--target", filepath.Join(dir, "packages"),
			"--python-version", ContainerPython, "--implementation", "cp", "-r", filepath.Join(dir, "requirements.txt")}
		for _, platform := range []string{"manylinux2014_", "manylinux_2_28_"} {
			args = append(args, "--platform", platform+wheelArch())
		}
		return t.exec(ctx, command{
			path: filepath.Join(python.dir(), "bin", "python"), args: args, dir: dir,
			cure: "check that pip can reach its package index (its own settings apply) and run again; finished parts are kept",
		})
	}
	return p
}

// wheelArch is a wheel's name for the machine's architecture.
func wheelArch() string {
	switch runtime.GOARCH {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	}
	return runtime.GOARCH
}

func (c *cache) containerBase() *part {
	p := newPart(c.dir, "container-base", baseFile, runtime.GOARCH, sources("docker", "base.sh"))
	p.build = func(ctx context.Context, t *tools, dir string) error {
		if _, err := exec.LookPath("debootstrap"); err != nil {
			return fmt.Errorf("building a base image requires debootstrap: %w; as root on Debian: apt-get install --no-install-recommends debootstrap", err)
		}
		if err := copySources(dir, "docker", "base.sh"); err != nil {
			return err
		}
		return t.exec(ctx, command{
			path: "/bin/sh", args: []string{"base.sh"}, dir: dir,
			cure: "check that apt can reach its mirror and run again; finished parts are kept",
		})
	}
	return p
}
