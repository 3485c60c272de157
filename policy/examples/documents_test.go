package examples_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
)

// Lensmonde's documents are invented, too, but they are there: each that the
// file names has the hash that it gives, and each in the folder is named.
func TestDocuments(t *testing.T) {
	p, err := policy.Parse("lensmonde.yaml", examples.Lensmonde)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]policy.Hash{p.Metadata.Document.Name: p.Metadata.Document.SHA256}
	for _, a := range p.Attestations {
		if a.Document.Name != "" {
			named[a.Document.Name] = a.Document.SHA256
		}
	}
	for _, q := range p.Processing {
		named[q.DPIA.Document.Name] = q.DPIA.Document.SHA256
	}
	for _, c := range p.WorksCouncil.Consents {
		named[c.Document.Name] = c.Document.SHA256
	}
	for name, hash := range named {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
			continue
		}
		sum := sha256.Sum256(b)
		if want := policy.Hash("sha256:" + hex.EncodeToString(sum[:])); hash != want {
			t.Errorf("%s has the hash %s, the file says %s", name, want, hash)
		}
	}
	files, err := filepath.Glob("documents/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d documents, %v", len(files), err)
	}
	for _, f := range files {
		if _, ok := named[f]; !ok {
			t.Errorf("nothing names %s", f)
		}
	}
}
