// Package container runs the FastAPI and the Node service in containers of a
// Docker Engine, to be looked at from two sides: from container to container, and
// from outside through the port that FastAPI's container publishes.
//
// [Open] finds the engine that DOCKER_HOST names or that answers on the usual
// socket. Where none does, and this process is root and has dockerd, it starts one
// for the run, with its images in the cache directory. That engine lives in mount,
// network and pid namespaces of its own: it changes no interface, no packet filter
// and no mount of the machine, and whatever it runs dies with it. It has no way
// out, so all that it needs is made beforehand.
//
// [Engine.StartProgram] runs a program of anybody's image, as a gateway, in a container
// without a network.
//
// Everything that a run makes in an engine has a label with the run's folder;
// what a killed run left is removed when the next one opens the engine. Ports are
// published on loopback only. The package builds images from the sources in
// fixtures and decides nothing about what is observed.
//
//	engine, err := container.Open(ctx, container.EngineConfig{Run: run, Dir: installed.Dir})
//	if err != nil {
//		return err // wraps ErrNoEngine where there is none
//	}
//	defer engine.Close()
//	images, err := engine.Images(ctx, installed, os.Stderr)
//	if err != nil {
//		return err
//	}
//	services, err := container.Start(ctx, container.Config{Run: run, Engine: engine, Images: images, Database: system.DatabaseSocket})
//	if err != nil {
//		return err
//	}
//	defer services.Close()
//	published, err := services.Set(ctx, servers.Setup{FastAPI: "http://127.0.0.1:5173"})
package container
