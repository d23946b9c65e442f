package fetch

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
)

// Texts that the harness itself makes: no server has a say in them.
var ownTexts = []string{
	"Schema", "Case", "Caller.Name", "Caller.Kind", "Caller.Version", "Request.Origin", "Request.API", "Request.Mode", "Request.Credentials", "Request.Cache", "Request.Redirect",
	"Request.ReferrerPolicy", "Request.Integrity", "Request.Body.Kind", "Exchanges.ID", "Exchanges.Server", "Exchanges.Witness", "Exchanges.Kind", "Exchanges.Peer", "Exchanges.Serves", "Exchanges.Failure",
	"Exchanges.Request.Version", "Exchanges.Request.Body.Digest", "Exchanges.Response.Version", "Exchanges.Response.Body.Digest", "Exchanges.Protocol.RequestID",
	"Exchanges.Protocol.BlockedReason", "Exchanges.Protocol.CORSError", "Outcome.Kind", "Outcome.Response.Type", "Outcome.Response.Body.Digest",
	"Outcome.Block.Phase", "Outcome.Block.Step", "Outcome.Block.Detail", "Outcome.Block.Exchange",
}

// texts sets every text of a value, or collects by path those that hold the secret.
func texts(v reflect.Value, path string, set string, found *[]string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			if set == "" {
				return
			}
			v.Set(reflect.New(v.Type().Elem()))
		}
		texts(v.Elem(), path, set, found)
	case reflect.Slice:
		if set != "" {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			texts(v.Index(i), path, set, found)
		}
	case reflect.Array:
		for i := range v.Len() {
			texts(v.Index(i), path, set, found)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			texts(v.Field(i), strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."), set, found)
		}
	case reflect.String:
		if set != "" {
			v.SetString("a " + set + " b")
		} else if strings.Contains(v.String(), "hush") {
			*found = append(*found, path)
		}
	}
}

// A field that is new is either masked or named as one of the harness's own.
func TestMaskedMasksEveryTextOfOthers(t *testing.T) {
	t.Parallel()
	var trace Trace
	texts(reflect.ValueOf(&trace), "", "hush", nil)
	before := trace
	masked := trace.Masked(func(text string, cut bool) string { return strings.ReplaceAll(text, "hush", "…") })
	var left []string
	texts(reflect.ValueOf(&masked), "", "", &left)
	for _, path := range left {
		assert.Contains(t, ownTexts, path, "the text is not masked")
	}
	assert.Empty(t, cmp.Diff(before, trace), "the trace itself was changed")
}

func TestMaskedSaysWhatWasCut(t *testing.T) {
	t.Parallel()
	trace := Trace{Outcome: Outcome{Response: &ReadResponse{Body: Payload{Length: PrefixLimit + 1, Prefix: "x"}}}, Exchanges: []Exchange{{Request: SentRequest{Body: Payload{Length: 1, Prefix: "y"}}}}}
	cuts := map[string]bool{}
	trace.Masked(func(text string, cut bool) string { cuts[text] = cut; return text })
	assert.Equal(t, map[string]bool{"x": true, "y": false}, cuts)
}
