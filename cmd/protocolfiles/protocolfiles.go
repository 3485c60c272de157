// Package protocolfiles owns how a protocol is found on a disk: which files of a
// folder belong to it, and what is said of a folder that does not hold one.
package protocolfiles

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/lensdop/lensdop/policy"
)

// Read reads a protocol file, or the files of a folder in order of name: those
// that end in .yaml or .yml. Files that begin with a dot are left out, since
// editors keep their locks and copies there; folders in it are not entered.
func Read(path string) ([]policy.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		f, err := read(path)
		return []policy.File{f}, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var files []policy.File
	for _, e := range entries {
		if e.IsDir() || !belongs(e.Name()) {
			continue
		}
		f, err := read(filepath.Join(path, e.Name()))
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("folder %s holds no .yaml file", path)
	}
	return files, nil
}

func belongs(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return name[0] != '.' && (ext == ".yaml" || ext == ".yml")
}

// read reads no more than a protocol file may have, and one byte that tells.
func read(name string) (policy.File, error) {
	f, err := os.Open(name) //nolint:gosec // the file that the person named
	if err != nil {
		return policy.File{}, err
	}
	defer f.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(io.LimitReader(f, policy.MaxFile+1))
	return policy.File{Name: name, Data: b}, err
}

// One reads a file or folder that holds one protocol, and returns its files in
// the order in which policy.Check wants them. If it holds more, the error names
// the files that cannot be read, with their lines, since such a file may be a
// part of the one that is wanted; else which files belong together.
func One(path string) ([]policy.File, error) {
	files, err := Read(path)
	if err != nil {
		return nil, err
	}
	groups := policy.Group(files...)
	if len(groups) == 1 {
		return groups[0], nil
	}
	var broken policy.Problems
	parts := make([]string, len(groups))
	for i, g := range groups {
		if len(g) == 1 && !hasID(g[0]) {
			_, problems := policy.Check(g...)
			broken = append(broken, problems.Of(policy.ClassError)...)
		}
		names := make([]string, len(g))
		for j, f := range g {
			names[j] = filepath.Base(f.Name)
		}
		parts[i] = strings.Join(names, " with ")
	}
	if len(broken) > 0 {
		return nil, fmt.Errorf("a file of %s cannot be read:\n%w", path, broken)
	}
	return nil, fmt.Errorf("%s holds %d protocols: %s; name one of them, or give the files of one protocol the same metadata.id", path, len(groups), strings.Join(parts, ", "))
}

// hasID tells that a file's metadata.id can be read: then a file and itself are
// one protocol.
func hasID(f policy.File) bool { return len(policy.Group(f, f)) == 1 }
