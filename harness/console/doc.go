// Package console reads what a browser's console says about a blocked request.
//
// [Read] takes a text as a person pastes it, with line numbers, links, broken
// lines, curly quotes and other errors in it, and returns the messages of
// Chromium, Firefox and WebKit that it finds: what the message names, the step of
// the Fetch Standard that it stands for, what happened in plain words, which
// header to look at, and what would have to come back instead:
//
//	for _, m := range console.Read(pasted) {
//		fmt.Println(m.Meaning, m.Look, m.Remedy, m.Caveat)
//	}
//
// The package refuses to guess. A text without a known message yields none; a
// value that the message doesn't name stays empty; and what a message can't tell
// is said in its Caveat. Where an engine has one message for several steps,
// Block is the one that is meant most often, and Caveat names the others. Messages in another language than English are not read.
//
// Patterns are data: a table for each engine, in the engine's own words. Each
// file names the sources and their revision; a row that isn't taken from a source
// says so. The package does no I/O.
package console
