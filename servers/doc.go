// Package servers runs the system under proof, all of it real: a FastAPI app, a Node
// service, PostgreSQL, and nginx as the smallest gateway, each behind a recorder that
// owns its public port.
//
// A [Mechanism] protects a service, which CORS does not: a key, a token, certificates,
// a [Network], Envoys. Each is real, and can be left out.
//
// [Install] installs pinned versions into a cache directory, [Start] starts the system,
// and [System.Set] says which servers send CORS headers. The package judges nothing,
// and changes nothing on the machine outside the cache directory and the run's folder.
//
//	installed, err := servers.Install(ctx, servers.InstallConfig{Progress: os.Stderr})
//	if err != nil {
//		return err
//	}
//	system, err := servers.Start(ctx, servers.Config{Run: run, Clock: clock, Installed: installed})
//	if err != nil {
//		return err
//	}
//	defer system.Close()
//	err = system.Set(ctx, servers.Setup{FastAPI: "http://127.0.0.1:5173"})
package servers
