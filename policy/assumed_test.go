package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/policy"
)

// TestAssumedIn: what a council would consent to that nobody decided is told,
// and nothing that the hashes do not cover.
func TestAssumedIn(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		about          []string
		want           []string
	}{
		{"nothing", "", "", nil, nil},
		{"a field", `device_set: P28D, ref: "Art. 6"}`, `device_set: P28D, ref: "Art. 6", basis: {device_set: assumed}}`, nil, []string{"processing video: retention.device_set"}},
		{"a block, whatever its article", `device_set: P28D, ref: "Art. 6"}`, `device_set: P28D, ref: "Art. 6", basis: assumed}`, nil, []string{"processing video: retention.max", "processing video: retention.device_set"}},
		{"the law's", `device_set: P28D, ref: "Art. 6"}`, `device_set: P28D, ref: "Art. 6", basis: law}`, nil, nil},
		{"around a block with an article", "    retention: {max: P28D", "    basis: assumed\n    retention: {max: P28D", nil, nil},
		{"an entry of a list", `aim: safety, retention: P7D}, {id: goods`, `aim: safety, retention: P7D, basis: assumed}, {id: goods`, nil, []string{"processing video: purposes[safety].text", "processing video: purposes[safety].aim", "processing video: purposes[safety].retention"}},
		{"a processing that is not asked about", `recording: {mode: button, pressed_by: desk}`, `recording: {mode: button, pressed_by: desk, basis: assumed}`, []string{"video"}, nil},
		{"one that is", `recording: {mode: button, pressed_by: desk}`, `recording: {mode: button, pressed_by: desk, basis: assumed}`, []string{"calls"}, []string{"processing calls: recording.mode", "processing calls: recording.pressed_by"}},
		{"who has access", `{role: desk, allow: [live], sites: [hal]}`, `{role: desk, allow: [live], sites: [hal], basis: {allow: assumed}}`, nil, []string{"permissions 2: allow"}},
		{"one item", `{role: desk, allow: [live], sites: [hal]}`, `{role: desk, allow: [live], sites: [hal], basis: {allow.live: assumed}}`, nil, []string{"permissions 2: allow"}},
		{"a camera, and what is no part of the hash", "sign: deur, masks", "sign: deur, basis: {sees: assumed, sign: assumed}, masks", nil, []string{"cameras zaal-1: sees"}},
		{"a camera that takes its sound from elsewhere", "sign: deur, masks: [{id: raam,", "sign: deur, basis: assumed, masks: [{id: raam, ref: Art. 3,", nil, []string{"cameras zaal-1: site", "cameras zaal-1: zone", "cameras zaal-1: sees"}},
		{"what all cameras take", "camera_defaults: {", "camera_defaults: {basis: {sound: assumed, methods: assumed}, ", nil, []string{"camera_defaults: sound"}},
		{"what no camera asked about takes", "camera_defaults: {", "camera_defaults: {basis: {sound: assumed, methods: assumed}, ", []string{"badge"}, nil},
		{"a whole list", "agent_restrictions: {store_frames: never}", "agent_restrictions: {store_frames: never}\nbasis: {buttons: assumed}", nil, []string{"buttons knop: site", "buttons knop: zone"}},
		{"one of a list", "agent_restrictions: {store_frames: never}", "agent_restrictions: {store_frames: never}\nbasis: {stores.recorder: assumed, stores.other: assumed}", nil, []string{"stores recorder: site", "stores recorder: kind", "stores recorder: retention"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := string(corpus(t, "valid")[0].Data)
			if !strings.Contains(text, c.old) {
				t.Fatalf("%q is not in the file", c.old)
			}
			text = strings.Replace(text, c.old, c.new, 1)
			p, err := policy.Parse("f.yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			got := p.AssumedIn(c.about...)
			if c.name == "around a block with an article" {
				if slices.Contains(got, "processing video: retention.max") || !slices.Contains(got, "processing video: viewable.max") || !slices.Contains(got, "processing video: purposes[goods].text") {
					t.Errorf("%q", got)
				}
				return
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
