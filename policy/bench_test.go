package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
)

// large is a site of n cameras that all see the polling room, and a policy of
// one election a month for a year.
func large(b *testing.B, n int) ([]byte, policy.Policy) {
	b.Helper()
	var cameras strings.Builder
	cameras.WriteString("cameras:\n")
	for i := range n {
		fmt.Fprintf(&cameras, "  - {id: cam-%d, site: de-polder, zone: hal, sees: [hal, stemlokaal], identity: {serial: \"S%d\"}, processing: video,\n     masks: [{id: m, polygon: [[0, 0], [1, 0], [1, 0.2], [0, 0.2]]}]}\n", i, i)
	}
	head, rest, _ := strings.Cut(string(examples.Lensmonde), "cameras:\n")
	_, tail, _ := strings.Cut(rest, "readers:\n")
	data := []byte(head + cameras.String() + "readers:\n" + tail)
	p, err := policy.Parse("large.yaml", data)
	if err != nil {
		b.Fatal(err)
	}
	pol := policy.Policy{Protocol: p}
	for m := range 12 {
		pol.Decisions = append(pol.Decisions, election(b, p, fmt.Sprintf("2026-%02d-18", m+1)))
	}
	return data, pol
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{4, 100, 500} {
		data, _ := large(b, n)
		b.Run(fmt.Sprintf("cameras=%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := policy.Parse("large.yaml", data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCoverSite asks CoverAt of every camera once.
func BenchmarkCoverSite(b *testing.B) {
	for _, n := range []int{4, 100, 500} {
		_, pol := large(b, n)
		when := at(b, "2026-06-18T12:00:00Z")
		b.Run(fmt.Sprintf("cameras=%d", n), func(b *testing.B) {
			for b.Loop() {
				for i := range pol.Protocol.Cameras {
					if !pol.CoverAt(pol.Protocol.Cameras[i].ID, when).Whole {
						b.Fatal("open")
					}
				}
			}
		})
	}
}
