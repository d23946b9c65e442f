// Package process starts every child of a run, ends it, and sweeps what a
// killed run left behind.
//
// A [Run] owns a folder. Whatever belongs to the run can be found again from
// outside, in three ways that do not depend on each other:
//
//   - by the state file in that folder, which names the owner and each child by
//     pid and start time, so that a pid which the kernel gave to somebody else
//     is never mistaken for ours;
//   - by process group, and by descent from a child;
//   - by the folder itself, in a command line, a working folder, a program's
//     path or an open file. A mark in the environment would not do: Chromium
//     and nginx overwrite theirs.
//
// The last one catches what escaped from its group and lost its parent. It
// might also catch a person who looks at the folder, so a process known by the
// folder alone is left in peace unless all of this holds: it began after the
// run, it has the user id of the owner or of a child (any, if root is one of
// these), and it is not the work of somebody else. Somebody else's are a process on another terminal than the
// owner's, a job of the shell that runs the owner, and whatever descends from
// a process older than the run. The asking process, the owner and the
// ancestors of both are never touched.
//
// [Run.Close] ends all of it. When the owner is killed instead, the kernel
// ends its children (parent-death signal), and the next [NewRun] under the same
// root ends the rest and removes the folder. A lock that the owner holds on its
// folder, and a folder that gets its name only when its state file is in it,
// keep several sweeps from each other and from a run that has just begun.
//
// A run may own network namespaces, too ([Run.Namespace]): they are known by
// their names, which begin with the name of the run's folder, and go with it.
//
// The package needs Linux: it reads /proc. It refuses to log, to handle
// signals, and to end anything by name.
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
