package container

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/corsproof/corsproof/servers"
)

// An Answer is the result of [Find].
type Answer struct {
	// Endpoint is the address of an engine that answers, and Version its version; empty
	// if none does.
	Endpoint, Version string
	// Dockerd is the program that can start an engine if none answers.
	Dockerd string
}

// Find looks for an engine, or for the program that can start one. If there is neither,
// the error says how to get one; it wraps [ErrNoEngine].
func Find(ctx context.Context) (Answer, error) {
	t := Timeouts{}.withDefaults()
	endpoint, dockerd, err := find(ctx, t)
	if err != nil || endpoint == "" {
		return Answer{Dockerd: dockerd}, err
	}
	e := &Engine{cfg: EngineConfig{Timeouts: t}}
	if err := e.connect(ctx, endpoint); err != nil {
		return Answer{}, fmt.Errorf("%w any longer at %s: %v", ErrNoEngine, endpoint, err)
	}
	return Answer{Endpoint: endpoint, Version: e.Version}, nil
}

// MissingEngine says why there is no engine and how to get one. It is empty if an engine
// answers or can be started. It starts none.
func MissingEngine(ctx context.Context) string {
	if _, err := Find(ctx); err != nil {
		return err.Error()
	}
	return ""
}

// setupCure makes the images.
const setupCure = "build them with: corsproof setup --containers (make containers installs what that needs)"

// Missing says what is missing for running the services in containers within seconds, and
// how to get it: an engine, see [MissingEngine], or the images, which take a minute to
// build. It is empty if nothing is missing. It starts and builds nothing.
func Missing(ctx context.Context, installed *servers.Installed) string {
	t := Timeouts{}.withDefaults()
	endpoint, _, err := find(ctx, t)
	if err != nil {
		return err.Error()
	}
	own := endpoint == ""
	files, there, err := servers.InspectContainerFiles(servers.InstallConfig{CacheDir: installed.Dir}, baseOf(own))
	if err != nil {
		return err.Error()
	}
	if !there {
		return "the images of the services are not built yet: " + setupCure
	}
	fastapi, node := imagesOf(own, installed, files)
	has := func(name string) (bool, error) { return noted(installed.Dir, name) }
	if !own {
		e := &Engine{cfg: EngineConfig{Timeouts: t}}
		if err := e.connect(ctx, endpoint); err != nil {
			return err.Error()
		}
		has = e.hasImage
	}
	for _, i := range []image{fastapi, node} {
		name, _, err := i.prepare()
		if err != nil {
			return err.Error()
		}
		switch there, err := has(name); {
		case err != nil:
			return err.Error()
		case !there:
			return fmt.Sprintf("the image %s is not built yet: %s", name, setupCure)
		}
	}
	return ""
}

// notesIn is the folder that has a file for each image that an engine of our own
// holds, so that it can be told without a start of it. Images are made one
// process at a time, see startOwn.
func notesIn(dir string) string { return filepath.Join(dir, "engine.images") }

func noteImages(dir string, images Images) error {
	notes := notesIn(dir)
	if err := errors.Join(os.RemoveAll(notes), os.MkdirAll(notes, 0o755)); err != nil {
		return err
	}
	for _, name := range []string{images.FastAPI, images.Node} {
		if err := os.WriteFile(filepath.Join(notes, name), nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func noted(dir, name string) (bool, error) {
	_, err := os.Stat(filepath.Join(notesIn(dir), name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
