package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/fetch/internal/point"
	"github.com/corsproof/corsproof/harness/fetch/internal/rewrite"
)

const (
	// stepsFile is the table of decisions, by case.
	stepsFile = "harness/catalog/STEPS.md"
	// gapsFile lists the ways that no case takes a decision: algorithm, step,
	// condition, and yes or no, joined by spaces; a tab; the reason.
	gapsFile = "harness/catalog/gaps.tsv"
)

// A taken is one way of a decision with the cases that take it.
type taken struct {
	Decision int    `json:"decision"`
	Yes      bool   `json:"yes"`
	Example  string `json:"example"`
	Cases    int    `json:"cases"`
}

// recordWays runs the catalogue on the standard's model and writes the ways that
// decisions went.
func recordWays(ctx context.Context, out io.Writer) error {
	if point.Sites == 0 {
		return errors.New("this program has the model itself, and records nothing")
	}
	point.Activate(0)
	cases, err := catalog.Builtin()
	if err != nil {
		return err
	}
	byWay := map[point.Way]*taken{}
	for i := range cases {
		c := &cases[i]
		ways := point.Record(func() { _, _, err = catalog.RunModel(ctx, c, &fetch.Standard) })
		if err != nil {
			return err
		}
		for way := range ways {
			if byWay[way] == nil {
				byWay[way] = &taken{Decision: way.Decision, Yes: way.Taken, Example: c.ID}
			}
			byWay[way].Cases++
		}
	}
	var list []*taken
	for _, t := range byWay {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b *taken) int {
		if a.Decision != b.Decision {
			return a.Decision - b.Decision
		}
		return strings.Compare(fmt.Sprint(a.Yes), fmt.Sprint(b.Yes))
	})
	return json.NewEncoder(out).Encode(list)
}

// takenWays runs the rewritten program for its record.
func takenWays(ctx context.Context, program string) ([]taken, error) {
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, waysArg)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("record the decisions: %w: %s", err, stderr.Bytes())
	}
	var ways []taken
	return ways, json.Unmarshal(out, &ways)
}

const stepsHead = `# Each decision step, taken both ways

Made by ` + "`go run ./harness/fetch/internal/mutants -steps`" + ` from the model's source and a run of the catalogue on the standard's
model; a test fails if it isn't current. A decision is an if, a clause of a switch, or a value worked out as true or
false, under a numbered step of the Fetch Standard (` + "`harness/fetch/testdata/fetch-steps.tsv`" + `); several may be under one
step. Of the cases that take it each way the first is named, with their number. A way that no case takes has its reason,
from ` + "`gaps.tsv`" + `.

| algorithm | step | condition | yes | no |
| --- | --- | --- | --- | --- |
`

// stepsTable renders the table. The error joins each gap without a reason and
// each reason without a gap.
func stepsTable(decisions []rewrite.Decision, ways []taken, gaps map[string]string) (string, error) {
	byWay := map[point.Way]taken{}
	for _, t := range ways {
		byWay[point.Way{Decision: t.Decision, Taken: t.Yes}] = t
	}
	var problems []error
	used := map[string]bool{}
	cell := func(d rewrite.Decision, yes bool) string {
		word := map[bool]string{true: "yes", false: "no"}[yes]
		name := strings.Join([]string{d.Anchor, d.Step, d.Text, word}, " ")
		t, ok := byWay[point.Way{Decision: d.ID, Taken: yes}]
		reason := gaps[name]
		if reason != "" {
			used[name] = true
		}
		switch {
		case ok && reason != "":
			problems = append(problems, fmt.Errorf("%s takes a way that %s says none takes, remove the line:\n    %s", t.Example, gapsFile, name))
		case ok:
			return fmt.Sprintf("%s (%d)", t.Example, t.Cases)
		case reason == "":
			problems = append(problems, fmt.Errorf("no case goes this way: add one, or a line with the reason to %s:\n    %s", gapsFile, name))
		}
		return "— " + reason
	}
	var b strings.Builder
	b.WriteString(stepsHead)
	for _, d := range decisions {
		text := strings.ReplaceAll(d.Text, "|", `\|`)
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s | %s |\n", d.Anchor, d.Step, text, cell(d, true), cell(d, false))
	}
	for name := range gaps {
		if !used[name] {
			problems = append(problems, fmt.Errorf("a line of %s names no decision, remove it:\n    %s", gapsFile, name))
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return b.String(), errors.Join(problems...)
}
