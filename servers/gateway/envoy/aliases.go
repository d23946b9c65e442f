package envoy

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
)

// mostNodes is how many nodes a YAML file may have once its aliases are written out.
const mostNodes = 1_000_000

// A yamlSize counts the nodes of a file as they are once its aliases are written out,
// as Envoy does it: whoever follows an alias needn't look where it ends.
type yamlSize struct {
	file *yamlFile
	of   map[ast.Node]int // unfinished while a node is being counted
}

const unfinished = -1

// measure returns the number of nodes. The error names the alias that has no end, or
// the place where the nodes are too many.
func (s *yamlSize) measure(n ast.Node) (int, error) {
	if n == nil {
		return 0, nil
	}
	if size, known := s.of[n]; known {
		return size, nil
	}
	s.of[n] = unfinished
	size := 1
	for _, child := range s.children(n) {
		more, err := s.measure(child)
		if err != nil {
			return 0, err
		}
		if alias, is := n.(*ast.AliasNode); is && more == unfinished {
			return 0, s.fail(n, "the alias *%s contains itself: replace it with its content", alias.Value.GetToken().Value)
		}
		if size += more; size > mostNodes {
			return 0, s.fail(child, "the file has more than %d values with its aliases expanded: use fewer aliases", mostNodes)
		}
	}
	s.of[n] = size
	return size, nil
}

func (s *yamlSize) fail(n ast.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", s.file.source.Name, n.GetToken().Position.Line, fmt.Sprintf(format, args...))
}

func (s *yamlSize) children(n ast.Node) []ast.Node {
	switch t := n.(type) {
	case *ast.AnchorNode:
		return []ast.Node{t.Value}
	case *ast.TagNode:
		return []ast.Node{t.Value}
	case *ast.AliasNode:
		return []ast.Node{s.file.aliases[t]}
	case *ast.MappingNode:
		all := make([]ast.Node, len(t.Values))
		for i, e := range t.Values {
			all[i] = e
		}
		return all
	case *ast.MappingValueNode:
		return []ast.Node{t.Key, t.Value}
	case *ast.SequenceNode:
		return t.Values
	}
	return nil
}
