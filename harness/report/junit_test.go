package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A junitElement is what the form that Jenkins and Surefire read allows of an
// element: its attributes with the type of each, those that it must have, and
// its children.
type junitElement struct {
	attributes map[string]*regexp.Regexp
	required   []string
	children   []string
}

var (
	anyText   = regexp.MustCompile(`(?s)^.*$`)
	number    = regexp.MustCompile(`^\d+$`)
	decimal   = regexp.MustCompile(`^\d+(\.\d+)?$`)
	localTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`)
)

// junitForm is the common form, as a structure.
var junitForm = map[string]junitElement{
	"testsuites": {
		attributes: map[string]*regexp.Regexp{"name": anyText, "time": decimal, "tests": number, "failures": number, "disabled": number, "errors": number},
		children:   []string{"testsuite"},
	},
	"testsuite": {
		attributes: map[string]*regexp.Regexp{
			"name": anyText, "tests": number, "failures": number, "errors": number, "time": decimal, "disabled": number, "skipped": number,
			"timestamp": localTime, "hostname": anyText, "id": anyText, "package": anyText,
		},
		required: []string{"name", "tests", "failures", "errors"},
		children: []string{"properties", "testcase", "system-out", "system-err"},
	},
	"testcase": {
		attributes: map[string]*regexp.Regexp{"name": anyText, "assertions": number, "time": decimal, "classname": anyText, "status": anyText},
		required:   []string{"name", "classname"},
		children:   []string{"skipped", "error", "failure", "system-out", "system-err"},
	},
	"failure": {attributes: map[string]*regexp.Regexp{"type": anyText, "message": anyText}},
	"error":   {attributes: map[string]*regexp.Regexp{"type": anyText, "message": anyText}},
	"skipped": {attributes: map[string]*regexp.Regexp{"message": anyText}},
}

// TestJUnitHasTheCommonForm holds a report against the form, and its counts
// against what is in it.
func TestJUnitHasTheCommonForm(t *testing.T) {
	t.Parallel()
	check, s, all := checked(t)
	s.Problems = []string{"the gateway died <unexpectedly> & left"}
	j := NewJUnit(check)
	for _, c := range all {
		j.Add(c)
	}
	var b bytes.Buffer
	require.NoError(t, j.Write(&b, s))
	counts, attributes := map[string]int{}, map[string]map[string]string{}
	var open []string
	decoder := xml.NewDecoder(&b)
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		switch x := token.(type) {
		case xml.StartElement:
			name := x.Name.Local
			form, ok := junitForm[name]
			require.True(t, ok, "the form has no element %s", name)
			if len(open) > 0 {
				assert.Contains(t, junitForm[open[len(open)-1]].children, name)
			} else {
				assert.Equal(t, "testsuites", name)
			}
			values := map[string]string{}
			for _, a := range x.Attr {
				values[a.Name.Local] = a.Value
				if pattern := form.attributes[a.Name.Local]; assert.NotNil(t, pattern, "%s has no attribute %s", name, a.Name.Local) {
					assert.Regexp(t, pattern, a.Value, "%s/@%s", name, a.Name.Local)
				}
			}
			for _, must := range form.required {
				assert.Contains(t, values, must, name)
			}
			counts[name]++
			attributes[name] = values
			open = append(open, name)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			inside := len(open) > 0 && slices.Contains([]string{"failure", "error"}, open[len(open)-1])
			assert.True(t, inside || strings.TrimSpace(string(x)) == "", "text in %v", open)
		}
	}
	suite := attributes["testsuite"]
	assert.Equal(t, strconv.Itoa(len(all)+1), suite["tests"])
	assert.Equal(t, strconv.Itoa(counts["testcase"]), suite["tests"])
	assert.Equal(t, strconv.Itoa(counts["failure"]), suite["failures"])
	assert.Equal(t, strconv.Itoa(counts["error"]), suite["errors"])
	assert.Equal(t, strconv.Itoa(counts["skipped"]), suite["skipped"])
	assert.Equal(t, s.Violations, counts["failure"])
	assert.Equal(t, s.Divergent+s.Unknown+1, counts["error"])
	assert.Equal(t, s.NotRun, counts["skipped"])
}
