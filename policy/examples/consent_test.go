package examples_test

import (
	"flag"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/policy"
)

// update is a flag, so that one command rewrites what tests compare.
func updating() bool { return flag.Lookup("update").Value.String() == "true" }

func TestMain(m *testing.M) {
	flag.Bool("update", false, "rewrite the line numbers in README.md and the consent hashes in lensmonde.yaml")
	flag.Parse()
	os.Exit(m.Run())
}

// The consent of the demo's works council covers what the demo's file says. If
// it does not, somebody changed the file in one of the points that the council
// weighs; to invent a consent to that, too, run
//
//	go test ./policy/examples -run TestConsentIsFresh -update
func TestConsentIsFresh(t *testing.T) {
	const name = "lensmonde.yaml"
	p, _ := check(t, name)
	if len(p.WorksCouncil.Consents) != 1 {
		t.Fatalf("%d consents", len(p.WorksCouncil.Consents))
	}
	c := p.WorksCouncil.Consents[0]
	now := p.ConsentHashes(c.Processings...)
	have := c.Covers
	have.Origin = policy.Origin{}
	if reflect.DeepEqual(have, now) {
		return
	}
	if !updating() {
		t.Fatalf("the consent covers %+v\nthe file says    %+v\nrun this test with -update to invent a consent to it", have, now)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	head, block, ok := strings.Cut(text, "      covers:\n")
	if !ok {
		t.Fatal("no covers block")
	}
	for key, hash := range map[string]policy.Hash{"purpose": now.Purpose, "access": now.Access, "retention": now.Retention, "other_use": now.OtherUse, "devices": now.Devices} {
		line := regexp.MustCompile(`(?m)^        ` + key + `: sha256:[0-9a-f]{64}$`)
		if !line.MatchString(block) {
			t.Fatalf("no line for %s", key)
		}
		block = line.ReplaceAllString(block, "        "+key+": "+string(hash))
	}
	if err := os.WriteFile(name, []byte(head+"      covers:\n"+block), 0o600); err != nil {
		t.Fatal(err)
	}
}
