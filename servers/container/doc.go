// Package container runs the FastAPI and the Node service in containers of a Docker
// Engine. They can be called from container to container, and from outside through the
// port that FastAPI's container publishes.
//
// [Open] finds the engine that DOCKER_HOST names or that answers on the usual socket.
// If none answers, and this process runs as root and dockerd is installed, it starts
// an engine for the run, with its images in the cache directory. That engine runs in
// mount, network and pid namespaces of its own: it changes no interface, no packet
// filter and no mount of the machine, and all its processes end with it. It has no
// network access, so everything that it needs is prepared before.
//
// [Engine.StartProgram] runs a program from any image, such as a gateway, in a
// container without a network.
//
// Everything that a run creates in an engine is labelled with the run's folder; the
// next run that opens the engine removes what a killed run left. Ports are published
// on loopback only. The package builds images from the sources in fixtures and judges
// nothing.
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
