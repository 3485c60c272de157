package rules_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// secStore is a world with one store at the site, and what is seen of it.
func secStore(seen ...rules.Store) func(*rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Stores = []policy.Store{{ID: "recorder", Site: site, Processing: "video", Location: "server room"}}
		f.Stores = devices.Of(seen)
	}
}

// secUsers is a world in which the protocol names the accounts of the camera at
// the entrance (nil: it does not say), and the device has others or the same.
func secUsers(may []string, has ...string) func(*rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Devices = []policy.Device{{ID: "ptz", Site: site, Accounts: may}}
		f.Protocol.Cameras[cam].Device = "ptz"
		o, _ := f.Cameras[cam].Observation.Get()
		var users []devices.User
		for _, name := range has {
			users = append(users, devices.User{Name: name})
		}
		o.Users = devices.Of(users)
		f.Cameras[cam].Observation = devices.Of(o)
	}
}

// secOwn is secUsers where Lensdop itself logs in as lensdop.
func secOwn(may []string, has ...string) func(*rules.Facts) {
	return func(f *rules.Facts) {
		secUsers(may, has...)(f)
		f.Cameras[cam].Account = "lensdop"
	}
}

// secHole is a camera of which a firmware note knows a hole.
func secHole(change func(*rules.Hole)) func(*rules.Facts) {
	return func(f *rules.Facts) {
		h := rules.Hole{
			ID: "injection", CVE: "CVE-2021-36260", Text: "Whoever reaches it can run commands on it.", Safe: "the release of September 2021",
			Basis: devices.BasisRead, Source: "the maker's notice", Note: "sim-one-any", Has: devices.Of(true),
		}
		change(&h)
		f.Cameras[cam].Notes, f.Cameras[cam].Holes = []string{h.Note}, devices.Of([]rules.Hole{h})
	}
}

// secNoted is a camera with notes that know no hole.
func secNoted(notes ...string) func(*rules.Facts) {
	return func(f *rules.Facts) {
		f.Cameras[cam].Notes, f.Cameras[cam].Holes = notes, devices.Of([]rules.Hole{})
	}
}

// secSold is a camera of which the site lets us try the maker's login.
func secSold(opens devices.Value[bool]) func(*rules.Facts) {
	return func(f *rules.Facts) { f.Cameras[cam].SoldWith = opens }
}

func secRefused(list ...rules.Failure) func(*rules.Facts) {
	return func(f *rules.Facts) {
		for i := range list {
			list[i].Camera = "entree"
		}
		f.Failures = devices.Of(list)
	}
}

func secFlows(list ...rules.Flow) func(*rules.Facts) {
	return func(f *rules.Facts) {
		for i := range list {
			list[i].Camera, list[i].At = "entree", now.Add(-time.Hour)
		}
		f.Flows = devices.Of(list)
		secStated(f)
	}
}

// secStated makes the protocol say where everything is kept and how.
func secStated(f *rules.Facts) {
	for i := range f.Protocol.Processing {
		q := &f.Protocol.Processing[i]
		q.Basis = policy.Basis{}
		q.Storage = policy.Storage{Location: "server room", Measures: []string{"locked"}}
	}
}

// secSecured is a reader on an OSDP line.
func secSecured(secured devices.Value[bool]) func(*rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Readers[0].Transport = policy.TransportOSDP
		f.Readers[0].Unencrypted, f.Readers[0].Secured = false, secured
	}
}

// securityCases are the rows for the entries in catalogue_security.go.
func securityCases() []ruleCase {
	const (
		anonymous = "SEC-1/anonymous/de-polder/entree"
		encrypted = "SEC-1/encrypted/de-polder/entree"
		share     = "SEC-1/share/de-polder/recorder"
		hole      = "SEC-1/hole/de-polder/entree/CVE-2021-36260"
		noHole    = "SEC-1/hole/de-polder/entree"
		accounts  = "SEC-2/accounts/de-polder/entree"
		logins    = "SEC-2/logins/de-polder/entree"
		flows     = "SEC-2/flows/de-polder/entree"
	)
	none := func(*rules.Facts) {}
	day := 24 * time.Hour
	seen := func(anonymous, encrypted devices.Value[bool]) func(*rules.Facts) {
		return func(f *rules.Facts) {
			f.Cameras[cam].Anonymous, f.Cameras[cam].Encrypted = anonymous, encrypted
		}
	}
	stated := func(change func(*rules.Facts)) func(*rules.Facts) {
		return func(f *rules.Facts) { secStated(f); change(f) }
	}
	yes, no := devices.Of(true), devices.Of(false)
	return []ruleCase{
		{"SEC-1", "login needed", seen(no, yes), anonymous, rules.Pass},
		{"SEC-1", "opens without a login", seen(yes, yes), anonymous, rules.Fail},
		{"SEC-1", "opens by the login that it was sold with", secSold(yes), "SEC-1/sold-with/de-polder/entree", rules.Fail},
		{"SEC-1", "does not open by the logins that it was sold with", secSold(no), "SEC-1/sold-with/de-polder/entree", rules.Pass},
		{"SEC-1", "login not asked about", none, anonymous, rules.Unproven},
		{"SEC-1", "login unreadable", seen(devices.Unreadable[bool](errRead), yes), anonymous, rules.Unproven},
		{"SEC-1", "login needed, asked long ago", locWith(seen(no, yes), camAsked(-3*time.Hour)), anonymous, rules.Unproven},
		{"SEC-1", "login needed, asked as long ago as counts", locWith(seen(no, yes), camAsked(-2*time.Hour)), anonymous, rules.Pass},
		{"SEC-1", "login needed, nobody knows when it was asked", locWith(seen(no, yes), camAskedAt(time.Time{})), anonymous, rules.Unproven},
		{"SEC-1", "encryption offered, asked long ago", locWith(seen(no, yes), camAsked(-3*time.Hour)), encrypted, rules.Unproven},
		{"SEC-1", "firmware read long ago", camAsked(-3 * time.Hour), "SEC-1/firmware/de-polder/entree", rules.Unproven},
		{"SEC-1", "a hole", secHole(func(*rules.Hole) {}), hole, rules.Fail},
		{"SEC-1", "a hole that was tried", secHole(func(h *rules.Hole) { h.Basis = devices.BasisTried }), hole, rules.Fail},
		{"SEC-1", "a hole without a number or a remedy", secHole(func(h *rules.Hole) { h.CVE, h.Safe = "", "" }), noHole + "/sim-one-any/injection", rules.Fail},
		{"SEC-1", "a hole, perhaps", secHole(func(h *rules.Hole) { h.Has = devices.Unreadable[bool](errRead) }), hole, rules.Unproven},
		{"SEC-1", "a hole, and the note does not say in which versions", secHole(func(h *rules.Hole) { h.Has = devices.Unreadable[bool](errors.New(rules.WhyNoBounds)) }), hole, rules.Unproven},
		{"SEC-1", "a hole that it does not have", secHole(func(h *rules.Hole) { h.Has = devices.Of(false) }), hole, rules.Pass},
		{"SEC-1", "a hole in a firmware that was read long ago", locWith(secHole(func(*rules.Hole) {}), camAsked(-3*time.Hour)), noHole, rules.Unproven},
		{"SEC-1", "notes that know no hole", secNoted("sim-one-any", "sim-any"), noHole, rules.Pass},
		{"SEC-1", "no note on the device", secNoted(), noHole, rules.Unproven},
		{"SEC-1", "notes not looked up", none, noHole, rules.Unproven},
		{"SEC-1", "notes and an unread firmware", locWith(secNoted("sim-one-any"), func(f *rules.Facts) { f.Cameras[cam].Info = devices.Unreadable[devices.Info](errRead) }), noHole, rules.Unproven},
		{"SEC-1", "encryption offered", seen(no, yes), encrypted, rules.Pass},
		{"SEC-1", "encryption off", seen(no, no), encrypted, rules.Fail},
		{"SEC-1", "device cannot encrypt", seen(no, devices.NotSupported[bool]()), encrypted, rules.Fail},
		{"SEC-1", "encryption not asked about", none, encrypted, rules.Unproven},
		{"SEC-1", "nothing known of encryption leaves firmware alone", none, "SEC-1/firmware/de-polder/entree", rules.Pass},
		{"SEC-1", "store closed", secStore(rules.Store{ID: "recorder", OpenShare: no}), share, rules.Pass},
		{"SEC-1", "store open", secStore(rules.Store{ID: "recorder", OpenShare: yes}), share, rules.Fail},
		{"SEC-1", "store not looked at", secStore(), share, rules.Unproven},
		{"SEC-1", "store's share not asked about", secStore(rules.Store{ID: "recorder"}), share, rules.Unproven},
		{"SEC-1", "nobody looks at stores", func(f *rules.Facts) { secStore()(f); f.Stores = devices.Value[[]rules.Store]{} }, share, rules.Unproven},

		{"SEC-2", "accounts of the protocol", secUsers([]string{"lensdop", "recorder"}, "recorder", "lensdop"), accounts, rules.Pass},
		{"SEC-2", "two accounts too many", secUsers([]string{"recorder"}, "recorder", "old", "older"), accounts, rules.Fail},
		{"SEC-2", "one too many, perhaps Lensdop's own", secUsers([]string{"recorder"}, "recorder", "old"), accounts, rules.Unproven},
		{"SEC-2", "Lensdop's own and those of the protocol", secOwn([]string{"recorder"}, "recorder", "lensdop"), accounts, rules.Pass},
		{"SEC-2", "Lensdop's own and one too many", secOwn([]string{"recorder"}, "recorder", "lensdop", "old"), accounts, rules.Fail},
		{"SEC-2", "Lensdop's own and no other", secOwn([]string{"recorder"}, "lensdop"), accounts, rules.Pass},
		{"SEC-2", "Lensdop's own and no other, protocol does not say", secOwn(nil, "lensdop"), accounts, rules.Pass},
		{"SEC-2", "Lensdop's own and another, protocol does not say", secOwn(nil, "lensdop", "old"), accounts, rules.Unproven},
		{"SEC-2", "one like Lensdop's own is another", secOwn([]string{}, "lensdop", "Lensdop"), accounts, rules.Fail},
		{"SEC-2", "a list without Lensdop's own is not complete", secOwn([]string{"recorder"}, "recorder"), accounts, rules.Unproven},
		{"SEC-2", "an empty list is not complete", secOwn(nil), accounts, rules.Unproven},
		{"SEC-2", "accounts asked long ago", locWith(secOwn([]string{"recorder"}, "lensdop"), camAsked(-3*time.Hour)), accounts, rules.Unproven},
		{"SEC-2", "none may exist, two do", secUsers([]string{}, "a", "b"), accounts, rules.Fail},
		{"SEC-2", "protocol does not say which", secUsers(nil, "recorder"), accounts, rules.Unproven},
		{"SEC-2", "accounts not asked about", none, accounts, rules.Unproven},
		{"SEC-2", "device not asked", func(f *rules.Facts) { f.Cameras[cam].Observation = devices.Value[devices.Observation]{} }, accounts, rules.Unproven},
		{"SEC-2", "no logins refused", secRefused(), logins, rules.Pass},
		{"SEC-2", "four refused", secRefused(rules.Failure{From: "a", At: now, Count: 4}), logins, rules.Pass},
		{"SEC-2", "five refused", secRefused(rules.Failure{From: "a", At: now, Count: 3}, rules.Failure{From: "a", At: now.Add(-time.Hour), Count: 2}), logins, rules.Fail},
		{"SEC-2", "five refused, a day ago to the instant", secRefused(rules.Failure{From: "a", At: now.Add(-day), Count: 5}), logins, rules.Fail},
		{"SEC-2", "five refused, longer ago", secRefused(rules.Failure{From: "a", At: now.Add(-day - 1), Count: 5}), logins, rules.Pass},
		{"SEC-2", "five refused from two", secRefused(rules.Failure{From: "a", At: now, Count: 3}, rules.Failure{From: "b", At: now, Count: 2}), logins, rules.Pass},
		{"SEC-2", "nobody knows the logins", none, "SEC-2/logins/de-polder", rules.Unproven},
		{"SEC-2", "no streams", secFlows(), flows, rules.Pass},
		{"SEC-2", "a stranger looks", secFlows(rules.Flow{From: "10.9.9.9", Kind: "live"}), flows, rules.Fail},
		{"SEC-2", "the recorder looks", secFlows(rules.Flow{From: "nvr", Kind: "live", Known: true}), flows, rules.Pass},
		{"SEC-2", "through the relay", secFlows(rules.Flow{From: "pc", Kind: "live", Relay: true}), flows, rules.Pass},
		{"SEC-2", "a workplace that is known", secFlows(rules.Flow{From: "pc", Kind: "live", Role: "ict"}), flows, rules.Pass},
		{"SEC-2", "nobody knows the streams", none, "SEC-2/flows/de-polder", rules.Unproven},

		{"SEC-3", "stated", stated(none), "SEC-3/stated/video", rules.Pass},
		{"SEC-3", "place not stated", stated(func(f *rules.Facts) {
			f.Protocol.Processing[0].Storage.Location, f.Protocol.Stores = "", nil
		}), "SEC-3/stated/video", rules.Fail},
		{"SEC-3", "measures not stated", stated(func(f *rules.Facts) {
			f.Protocol.Processing[0].Storage.Measures, f.Protocol.Security = nil, policy.Security{}
		}), "SEC-3/stated/video", rules.Fail},
		{"SEC-3", "measures of the whole protocol", stated(func(f *rules.Facts) {
			f.Protocol.Processing[0].Storage.Measures, f.Protocol.Security = nil, policy.Security{Measures: []string{"locked"}}
		}), "SEC-3/stated/video", rules.Pass},
		{"SEC-3", "place assumed", stated(func(f *rules.Facts) {
			f.Protocol.Processing[0].Storage.Basis.Fields = map[string]string{"location": policy.BasisAssumed}
		}), "SEC-3/stated/video", rules.Unproven},
		{"SEC-3", "nothing leaves", secFlows(rules.Flow{From: "nvr", Kind: "live"}), "SEC-3/egress", rules.Pass},
		{"SEC-3", "a camera calls home", secFlows(rules.Flow{From: "203.0.113.9", Kind: "internet"}), "SEC-3/egress/entree", rules.Fail},
		{"SEC-3", "the protocol says that it does", func(f *rules.Facts) {
			secFlows(rules.Flow{From: "203.0.113.9", Kind: "internet"})(f)
			f.Protocol.Processing[0].Storage.Outside = true
		}, "SEC-3/egress/entree", rules.Pass},
		{"SEC-3", "nobody knows the flows", none, "SEC-3/egress", rules.Unproven},
		{"SEC-3", "only stores of the protocol", secStore(rules.Store{ID: "recorder"}), "SEC-3/store", rules.Pass},
		{"SEC-3", "a folder beside them", secStore(rules.Store{ID: "recorder"}, rules.Store{ID: "/srv/export"}), "SEC-3/store//srv/export", rules.Fail},
		{"SEC-3", "nobody looks for stores", none, "SEC-3/store", rules.Unproven},

		{"SEC-4", "secure channel seen", secSecured(devices.Of(true)), "SEC-4/de-polder/personeelsingang", rules.Pass},
		{"SEC-4", "secure channel not in use", secSecured(devices.Of(false)), "SEC-4/de-polder/personeelsingang", rules.Unproven},
		{"SEC-4", "secure channel claimed, badge seen in the clear", func(f *rules.Facts) {
			secSecured(devices.Of(true))(f)
			f.Readers[0].Unencrypted = true
		}, "SEC-4/de-polder/personeelsingang", rules.Fail},
		{"SEC-4", "a plain line has no secure channel", func(f *rules.Facts) {
			secSecured(devices.Of(true))(f)
			f.Protocol.Readers[0].Transport = policy.TransportWiegand
		}, "SEC-4/de-polder/personeelsingang", rules.Fail},
		{"SEC-4", "the channel could not be seen", func(f *rules.Facts) {
			f.Protocol.Readers[0].Transport = policy.TransportOSDP
			f.Readers = nil
		}, "SEC-4/de-polder/personeelsingang", rules.Unproven},
	}
}

// Only some of the logins that makers are known by are tried: that none opened
// says nothing of the others.
func TestSoldWithClaimsWhatWasTried(t *testing.T) {
	f := world(t, "SEC-1")
	secSold(devices.Of(false))(&f)
	got := find(t, rules.Evaluate(f), "SEC-1/sold-with/de-polder/entree")
	if !strings.Contains(got.Text.EN, "tried") || !strings.Contains(got.Text.NL, "geprobeerd") || !strings.Contains(got.Text.FR, "essayés") {
		t.Errorf("says %+v", got.Text)
	}
}
