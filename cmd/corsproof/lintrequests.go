package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/corsproof/corsproof/harness/lint"
	"github.com/corsproof/corsproof/harness/pasted"
	"github.com/corsproof/corsproof/harness/report"
)

const lintRequestsLong = `Find requests in a test suite that no browser sends, and expected responses that no browser accepts.

FILE is a HAR file, a JSON list, or a file of curl lines with the expected responses in comments:

  # name: an item is replaced
  curl https://api.example.com/items/1 -X PUT -H 'Origin: https://app.example.com'
  # expect: 200
  # expect-header: Access-Control-Allow-Origin: https://app.example.com

Nothing is sent. Each line of the output says what is wrong and what to write instead. Headers that an
expected response does not mention are unknown; a HAR file has all headers, and its preflights are not
judged. A response is not judged if it may be meant as a refusal: a preflight with status 4xx or 5xx that
allows no origin, a response that allows another origin, or a name with a word such as "denied",
"refused", "rejected" or "blocked". FILE - is standard input.

Exit codes: 0 no problem; 1 a problem; 2 wrong use, or a mistake in FILE.`

func lintRequestsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "lint-requests FILE",
		Short: "Find requests in a test suite that no browser sends",
		Long:  lintRequestsLong,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return lintRequests(cmd.Context(), cmd, args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, "+report.RequestsSchema)
	return cmd
}

func lintRequests(ctx context.Context, cmd *cobra.Command, file string, asJSON bool) error {
	name, data, err := file, []byte(nil), error(nil)
	if file == "-" {
		name = "standard input"
		data, err = readStream(ctx, cmd.InOrStdin(), name)
	} else {
		data, err = readInput(ctx, file)
	}
	if err != nil {
		return err
	}
	list, err := pasted.Requests(name, data)
	if err != nil {
		return inText(name, err)
	}
	problems, err := lint.Requests(ctx, list)
	if err != nil && ctx.Err() != nil {
		return &exitError{exitUnknown, context.Cause(ctx)}
	}
	if err != nil {
		return fmt.Errorf("judge %s: %w", name, err)
	}
	summary := &report.RequestsSummary{File: name, Requests: len(list), Problems: problems}
	write := report.WriteRequests
	if asJSON {
		write = report.WriteRequestsJSON
	}
	if err := write(cmd.OutOrStdout(), summary); err != nil {
		return &exitError{exitUnknown, err}
	}
	if len(problems) > 0 {
		return &exitError{code: exitNotProven}
	}
	return nil
}
