package agent

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	firmwarenotes "github.com/lensdop/lensdop/firmware-notes"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

func TestRecordingMode(t *testing.T) {
	type list = []devices.Recording
	yes, no := devices.Of(true), devices.Of(false)
	broken := devices.Unreadable[bool](errors.New("no answer"))
	mine := func(v devices.Value[bool]) devices.Recording { return devices.Recording{Source: "lens", Active: v} }
	nobodys := func(v devices.Value[bool]) devices.Recording { return devices.Recording{Active: v} }
	for _, x := range []struct {
		name string
		list devices.Value[list]
		want devices.Value[string]
	}{
		{"nothing is kept", devices.Of(list{}), devices.Of(policy.RecordNever)},
		{"no job writes", devices.Of(list{mine(no), nobodys(no)}), devices.Of(policy.RecordNever)},
		{"a job writes", devices.Of(list{mine(yes)}), devices.Of(rules.RecordsSomehow)},
		{"a job writes, and of another it is not known", devices.Of(list{mine(broken), nobodys(yes), mine(yes)}), devices.Of(rules.RecordsSomehow)},
		{"of a job it is not known", devices.Of(list{mine(no), mine(broken)}), devices.Unreadable[string](errors.New("no answer"))},
		{"a job writes to nobody's", devices.Of(list{mine(no), nobodys(yes)}), devices.Unreadable[string](errors.New(rules.WhyUnclaimed))},
		{"the device has none", devices.NotSupported[list](), devices.NotSupported[string]()},
		{"the device did not answer", devices.Unreadable[list](errors.New("silent")), devices.Unreadable[string](errors.New("silent"))},
		{"the driver does not ask", devices.Value[list]{}, devices.Value[string]{}},
	} {
		if got := recordingMode(devices.Observation{Recordings: x.list}); got != x.want {
			t.Errorf("%s: %s, want %s", x.name, got, x.want)
		}
	}
}

func TestServicesOfACard(t *testing.T) {
	records := devices.Of([]devices.Recording{{Active: devices.Of(true)}})
	card, share := devices.Storage{Kind: "local"}, devices.Storage{Kind: "nfs", Address: "nfs://nas.example/film"}
	for _, x := range []struct {
		name string
		o    devices.Observation
		want bool
	}{
		{"records, on a card only", devices.Observation{Recordings: records, Storage: devices.Of([]devices.Storage{card})}, true},
		{"records, on a card or a share", devices.Observation{Recordings: records, Storage: devices.Of([]devices.Storage{card, share})}, false},
		{"records, nobody knows where", devices.Observation{Recordings: records}, false},
		{"records, and lists no place", devices.Observation{Recordings: records, Storage: devices.Of([]devices.Storage{})}, false},
		{"has a card, and does not record", devices.Observation{Recordings: devices.Of([]devices.Recording{{Active: devices.Of(false)}}), Storage: devices.Of([]devices.Storage{card})}, false},
		{"has a card, recording not known", devices.Observation{Storage: devices.Of([]devices.Storage{card})}, false},
	} {
		asked := []string{devices.ServiceONVIF, devices.ServiceRTSP}
		x.o.Services, x.o.ServicesAsked = devices.Of([]string{devices.ServiceONVIF}), asked
		v, told := services(devices.Of(x.o))
		on, ok := v.Get()
		if !ok || slices.Contains(on, devices.ServiceSDRecording) != x.want || slices.Contains(told, devices.ServiceSDRecording) != x.want || !slices.Contains(told, devices.ServiceRTSP) {
			t.Errorf("%s: on %v, asked %v", x.name, v, told)
		}
		x.o.Services = devices.Unreadable[[]string](errors.New("no answer"))
		if v, _ := services(devices.Of(x.o)); v.Why() != "no answer" {
			t.Errorf("%s: services that were not read are %v", x.name, v)
		}
	}
}

// That a device was not reached is not that nobody asks: rules take a zero Value
// for the second.
func TestNoAnswer(t *testing.T) {
	g := newGateway(t, config(t.TempDir(), 1), Parts{})
	defer g.close(t)
	for name, obs := range map[string]devices.Value[devices.Observation]{"not asked": {}, "silent": devices.Unreadable[devices.Observation](errors.New("silent"))} {
		x := rules.Camera{Reach: rules.Missing, Observation: obs}
		g.readings(&x)
		for _, v := range []interface {
			IsZero() bool
			Why() string
		}{x.Services, x.Analytics, x.Anonymous, x.Encrypted, x.Recording} {
			if v.IsZero() || v.Why() != name {
				t.Errorf("%s: %v", name, v)
			}
		}
		if x.Holes.IsZero() || x.Holes.Why() == "" {
			t.Errorf("%s: holes %v", name, x.Holes)
		}
	}
	var x rules.Camera
	if g.readings(&x); !x.Services.IsZero() || !x.Holes.IsZero() {
		t.Errorf("before anybody tried: services %v, holes %v", x.Services, x.Holes)
	}
}

func TestHoles(t *testing.T) {
	fact := func(id string, m firmwarenotes.Mark) firmwarenotes.Fact {
		return firmwarenotes.Fact{ID: id, Text: "what " + id + " lets somebody do", Mark: m, Source: "s"}
	}
	g := newGateway(t, config(t.TempDir(), 1), Parts{})
	defer g.close(t)
	g.notes = []firmwarenotes.Note{
		{
			Folder: "acme-one-any", Match: &firmwarenotes.Match{Vendor: "Acme", Model: "One"}, Sources: map[string]string{"s": "the maker's notice"},
			Weaknesses: []firmwarenotes.Weakness{
				{Fact: fact("bounded", firmwarenotes.Read), CVE: "CVE-2021-0001", Affected: &firmwarenotes.Affected{Below: "2.0"}, Safe: "2.0"},
				{Fact: fact("vague", firmwarenotes.Read), CVE: "CVE-2021-0002", Safe: "the releases of autumn"},
				{Fact: fact("always", firmwarenotes.Tried)},
			},
		},
		{Folder: "acme-clean-any", Match: &firmwarenotes.Match{Vendor: "Acme", Model: "Clean"}},
	}
	for _, x := range []struct {
		vendor, model, firmware string
		notes, holes            string
	}{
		{"Acme", "One", "1.9", "acme-one-any", "bounded=true/read vague=?/read always=true/tried"},
		{"ACME", "one", "2.0", "acme-one-any", "vague=?/read always=true/tried"},
		{"Acme", "One", "latest", "acme-one-any", "bounded=?/read vague=?/read always=true/tried"},
		{"Acme", "Clean", "1.0", "acme-clean-any", ""},
		{"Other", "One", "1.0", "", ""},
	} {
		notes, v := g.holes(devices.Of(devices.Info{Vendor: x.vendor, Model: x.model, Firmware: x.firmware}))
		list, ok := v.Get()
		var got []string
		for _, h := range list {
			has := "?"
			if b, known := h.Has.Get(); known {
				has = map[bool]string{true: "true", false: "false"}[b]
			}
			got = append(got, h.ID+"="+has+"/"+string(h.Basis))
			if h.Source != "the maker's notice" || h.Note != "acme-one-any" || h.Text == "" || h.ID != "always" && h.CVE == "" {
				t.Errorf("%+v", h)
			}
		}
		if !ok || strings.Join(notes, " ") != x.notes || strings.Join(got, " ") != x.holes {
			t.Errorf("%s %s %s: notes %v, holes %v", x.vendor, x.model, x.firmware, notes, got)
		}
	}
	if _, v := g.holes(devices.Unreadable[devices.Info](errors.New("silent"))); v.Why() != "silent" {
		t.Errorf("holes of an unknown firmware: %v", v)
	}
}

// The rules get to know whose account Lensdop uses, and never its password; and
// what a device told is of when the gateway's own clock says.
func TestFactsOfACamera(t *testing.T) {
	b := newBox()
	c := config(t.TempDir(), 1)
	c.Credentials = write(t, "logins:\n  - {match: \"*\", user: watcher, password: "+secret+"}\n", 0o600)
	g := newGateway(t, c, b.parts())
	defer g.close(t)
	g.at(noon(), true)
	g.take(t, document(1))
	g.start(t)
	find := func() (rules.Camera, bool) {
		list := g.facts(g.inForce()).Cameras
		i := slices.IndexFunc(list, func(c rules.Camera) bool { return c.ID == hallNoord })
		if i < 0 {
			return rules.Camera{}, false
		}
		_, ok := list[i].Observation.Get()
		return list[i], ok
	}
	eventually(t, "the camera is asked", func() bool { _, ok := find(); return ok })
	x, _ := find()
	if o, _ := x.Observation.Get(); o.At.Sub(noon()).Abs() > time.Minute {
		t.Errorf("asked at %s, by a clock of %s", o.At, noon())
	}
	if x.Account != "watcher" || x.FirstSeen.IsZero() {
		t.Errorf("account %q, first seen %s", x.Account, x.FirstSeen)
	}
	if strings.Contains(string(mustJSON(t, x)), secret) || strings.Contains(string(mustJSON(t, g.Status())), "watcher") {
		t.Error("the password is among the facts, or the account in what is told")
	}
}
