package catalog

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/strict"
)

// sectionList has the anchors of the Fetch Standard's headings, definitions and
// algorithms, and those of XMLHttpRequest that phases are named after.
//
//go:embed sections.txt
var sectionList string

// validateSection reports a section that the standard doesn't have.
func validateSection(d *strict.Decoder, node ast.Node, section string) {
	known := strings.Fields(sectionList)
	if section != "" && !slices.Contains(known, section) {
		d.Fail(node, "section", "is %q%s; expected an anchor of the Fetch Standard, as in concept-cors-check; harness/catalog/sections.txt lists them",
			section, strict.Suggestion(section, known))
	}
}

// validatePhase reports a phase, step or detail that nothing ends in.
func (d *decoder) validatePhase(node ast.Node, e *Expect, path string) {
	fail := func(key, format string, args ...any) {
		d.Fail(at(node, strict.Join(path, key)), strict.Join(path, key), format, args...)
	}
	switch {
	case e.Phase == PhaseAny && (e.Step != "" || e.Detail != ""):
		fail("phase", "is any, which covers every step; remove step and detail")
		return
	case e.Phase == PhaseAny:
		return
	case e.Phase == "" && e.Step == "" && e.Outcome == fetch.OutcomeUnknown:
		return
	case e.Phase == "" || e.Step == "":
		d.absent(fail)("phase", "phase and step are missing; a blocked request needs both, or phase: any for any step")
		return
	}
	blocks := fetch.Blocks
	for _, part := range []struct {
		key, value string
		of         func(fetch.Block) string
	}{
		{"phase", e.Phase, func(b fetch.Block) string { return b.Phase }},
		{"step", e.Step, func(b fetch.Block) string { return b.Step }},
		{"detail", e.Detail, func(b fetch.Block) string { return b.Detail }},
	} {
		if part.key == "detail" && part.value == "" {
			return
		}
		var known []string
		var within []fetch.Block
		for _, b := range blocks {
			if !slices.Contains(known, part.of(b)) {
				known = append(known, part.of(b))
			}
			if part.of(b) == part.value {
				within = append(within, b)
			}
		}
		if part.key == "phase" {
			known = append(known, PhaseAny)
		}
		if len(within) == 0 {
			oneOf(d, node, strict.Join(path, part.key), part.value, known)
			return
		}
		blocks = within
	}
}

// Phases returns the content of PHASES.md: the phases, steps and details that an
// expectation can name.
func Phases() []byte {
	var b strings.Builder
	b.WriteString("# Phases, steps and details\n\n" +
		"What `phase`, `step` and `detail` of an expectation can say, from `fetch.Blocks`. `phase: any`, without a step, is\n" +
		"blocked whichever step does it. Rewrite this file with `go test ./harness/catalog -run Phases -update`.\n\n" +
		"| phase | step | detail |\n| --- | --- | --- |\n")
	for _, block := range fetch.Blocks {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", block.Phase, block.Step, block.Detail)
	}
	return []byte(b.String())
}
