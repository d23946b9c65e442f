// Package process starts and stops the children of a run, and sweeps what killed runs
// left behind.
//
// A [Run] owns a folder. Everything that belongs to the run can be found from outside,
// in three independent ways:
//
//   - by the state file in that folder, which has the pid and start time of the owner
//     and each child, so that a reused pid is never mistaken for one of the run;
//   - by process group, and by descent from a child;
//   - by the folder itself, in a command line, a working folder, a program's path or an
//     open file. A mark in the environment would not work: Chromium and nginx overwrite
//     theirs.
//
// The last way finds processes that left their group and lost their parent. It could
// also find a person who looks at the folder, so a process that is recognized only by
// the folder is killed only if all of this holds: it started after the run, it has the
// user id of the owner or of a child (any, if root is one of these), and it does not
// belong to somebody else. Processes of somebody else are those on another terminal
// than the owner's, jobs of the shell that runs the owner, and descendants of a process
// older than the run. The sweeping process, the owner and the ancestors of both are
// never killed.
//
// [Run.Close] stops everything. If the owner is killed instead, the kernel kills its
// children (parent-death signal), and the next [NewRun] under the same root kills the
// rest and removes the folder. The owner holds a lock on its folder, and the folder gets
// its name only when its state file is in it; that protects sweeps from each other, and
// a new run from sweeps.
//
// A run may also own network namespaces ([Run.Namespace]): their names begin with the
// name of the run's folder, and they are removed with it.
//
// The package requires Linux, since it reads /proc. It does not log, handle signals, or
// kill anything by name.
//
//	run, err := process.NewRun(process.Config{})
//	if err != nil {
//		return err
//	}
//	defer run.Close()
//	node, err := run.Start(ctx, process.Spec{Name: "node", Path: "node", Args: []string{"service.js"}})
//	if err != nil {
//		return err
//	}
//	err = process.WaitReady(ctx, node, connect)
package process
