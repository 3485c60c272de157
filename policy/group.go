package policy

import (
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// Group sorts files into protocols by their metadata.id, in the order in which
// each id first comes. In a group the file with the title stands first, as Check
// wants it. A file whose id cannot be read is a group of its own: whatever is
// wrong with it, Check tells.
func Group(files ...File) [][]File {
	var groups [][]File
	at := map[string]int{}
	for _, f := range files {
		id, whole := identify(f)
		n, ok := at[id]
		if !ok || id == "" {
			n = len(groups)
			groups = append(groups, nil)
			at[id] = n
		}
		if whole {
			groups[n] = slices.Insert(groups[n], 0, f)
		} else {
			groups[n] = append(groups[n], f)
		}
	}
	return groups
}

// identify reads the id of a file's metadata, and whether a title stands beside it.
func identify(f File) (id string, whole bool) {
	parts, problems := parseAll([]File{f})
	if len(problems) > 0 || len(parts) == 0 {
		return "", false
	}
	metadata := child(parts[0].root, "metadata")
	if s, ok := child(metadata, "id").(*ast.StringNode); ok {
		id = s.Value
	}
	return id, child(metadata, "title") != nil
}

// child is the value of a key in a block, nil if there is none.
func child(n ast.Node, key string) ast.Node {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
	}
	for _, v := range values {
		if v.Key.GetToken().Value == key {
			return v.Value
		}
	}
	return nil
}
