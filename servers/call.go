package servers

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/corsproof/corsproof/harness/fetch"
)

// CallTrace converts the output of call.py of the FastAPI image, which sends a GET to the
// URL, to a trace. The trace has no exchange, since no recorder is between that program
// and the server. If the program sent another Origin than it was told, CallTrace returns
// an error.
func CallTrace(caller, url, origin string, printed []byte) (fetch.Trace, error) {
	var came struct {
		Version, Error string
		Status         int
		Sent, Headers  fetch.HeaderList
		Body           string `json:"body_base64"`
	}
	if err := json.Unmarshal(printed, &came); err != nil {
		return fetch.Trace{}, fmt.Errorf("it printed %.200q: %w", printed, err)
	}
	if sent, _ := came.Sent.Get("Origin"); sent != origin {
		return fetch.Trace{}, fmt.Errorf("httpx sent Origin %q, not %q", sent, origin)
	}
	t := fetch.Trace{
		Schema:  fetch.TraceSchema,
		Caller:  fetch.Caller{Name: caller, Kind: fetch.CallerDirect, Version: came.Version},
		Request: fetch.Request{Method: "GET", URL: url, Origin: origin},
	}
	if came.Error != "" {
		t.Outcome = fetch.Outcome{Kind: fetch.OutcomeNetworkError, Error: came.Error}
		return t, nil
	}
	body, err := base64.StdEncoding.DecodeString(came.Body)
	if err != nil {
		return fetch.Trace{}, fmt.Errorf("it printed a body that is not base64: %w", err)
	}
	t.Outcome = fetch.Outcome{Kind: fetch.OutcomeResponse, Response: &fetch.ReadResponse{
		Type: fetch.ResponseDefault, Status: came.Status, URL: url, Headers: came.Headers, Body: fetch.PayloadOf(body),
	}}
	return t, nil
}
