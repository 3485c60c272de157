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

// A protocol of 500 cameras that each say all that a camera can say, in block
// style, is well within the bounds of a file.
func TestFiveHundredCameras(t *testing.T) {
	var b strings.Builder
	b.Write(corpus(t, "valid")[0].Data)
	b.WriteString("---\napiVersion: lensdop/v1\nkind: Protocol\nmetadata: {id: nl-veld}\ncameras:\n")
	for i := range 500 {
		fmt.Fprintf(&b, `  - id: camera-number-%d
    site: hal
    zone: zaal
    mounted: "Above the door"
    sees: [zaal, entree]
    identity: {endpoint: "urn:uuid:1e45d000-0003-4000-8000-%012d", serial: "LM-%d", mac: "00:00:5e:00:53:01"}
    source: 1
    processing: video
    sound: forbidden
    location: "Hal"
    masks:
      - {id: openbare-weg, polygon: [[0, 0], [1, 0], [1, 0.18], [0, 0.18]], liftable: false, basis: assumed}
    ignore:
      - {id: klok, polygon: [[0, 0.92], [0.45, 0.92], [0.45, 1], [0, 1]]}
    view: {max_shift: 0.10, resurvey_every: P1Y}
    max_detail: 125
    services: [onvif, https, rtsp]
    analytics: []
    sign: deur
    methods: [device-mask, tape]
    required: [picture, sound]
    firmware: {at_least: "1.2.3"}
    sample_every: PT10S
    sessions: 1
    first_use: 2026-02-01
    ref: "Art. 2"
    basis: {view: assumed, sound: assumed, methods: assumed, required: assumed}
`, i, i, i)
	}
	if b.Len() > policy.MaxFile*3/4 {
		t.Errorf("%d bytes of %d", b.Len(), policy.MaxFile)
	}
	var p *policy.Protocol
	var err error
	got := allocated(func() { p, err = policy.Parse("f.yaml", []byte(b.String())) })
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d kB of text, %d kB of memory", b.Len()>>10, got>>10)
	if len(p.Cameras) != 502 || got > 1<<29 {
		t.Errorf("%d cameras in %d bytes of memory", len(p.Cameras), got)
	}
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

// BenchmarkExceeds compares days with a month.
func BenchmarkExceeds(b *testing.B) {
	days, month := policy.Duration{Days: 28}, policy.Duration{Months: 1}
	for b.Loop() {
		if days.Exceeds(month) {
			b.Fatal("28 days are longer than a month")
		}
	}
}

func BenchmarkLocation(b *testing.B) {
	_, pol := large(b, 4)
	for b.Loop() {
		pol.Protocol.Location("")
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
