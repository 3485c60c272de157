package agent

import (
	"errors"
	"slices"

	"github.com/lensdop/lensdop/devices"
	firmwarenotes "github.com/lensdop/lensdop/firmware-notes"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// readings completes the facts on a camera with what its device told when it
// was last asked, and with what the firmware notes know of it.
func (a *Agent) readings(x *rules.Camera) {
	obs := x.Observation
	if x.Reach == "" && obs.IsZero() {
		return // nobody tried yet: the next minute tells
	}
	x.Services, x.ServicesAsked = services(obs)
	x.Analytics = reading(obs, func(o devices.Observation) devices.Value[[]string] { return o.Analytics })
	x.Anonymous = reading(obs, func(o devices.Observation) devices.Value[bool] { return o.Anonymous })
	x.Encrypted = reading(obs, func(o devices.Observation) devices.Value[bool] { return o.Encrypted })
	x.Recording = reading(obs, recordingMode)
	x.Notes, x.Holes = a.holes(x.Info)
}

// reading is one fact of an observation. Without an observation it is
// unreadable for the same reason: this installation asks, and got no answer.
// What a driver never asks stays not asked.
func reading[T any](obs devices.Value[devices.Observation], get func(devices.Observation) devices.Value[T]) devices.Value[T] {
	o, ok := obs.Get()
	if !ok {
		return devices.Unreadable[T](errors.New(obs.Why()))
	}
	return get(o)
}

// services are those that are on, and what could have been told. A device that
// records, and has no place for it but its own card, records on that card: no
// protocol has a word for that, so it is known only where it is so.
func services(obs devices.Value[devices.Observation]) (devices.Value[[]string], []string) {
	v := reading(obs, func(o devices.Observation) devices.Value[[]string] { return o.Services })
	o, _ := obs.Get()
	on, ok := v.Get()
	if !ok || !recordsOnCard(o) || slices.Contains(on, devices.ServiceSDRecording) {
		return v, o.ServicesAsked
	}
	return devices.Of(append(slices.Clone(on), devices.ServiceSDRecording)), append(slices.Clone(o.ServicesAsked), devices.ServiceSDRecording)
}

func recordsOnCard(o devices.Observation) bool {
	places, known := o.Storage.Get()
	if !known || len(places) == 0 || slices.ContainsFunc(places, func(s devices.Storage) bool { return s.Kind != storageLocal }) {
		return false
	}
	list, _ := o.Recordings.Get()
	return slices.ContainsFunc(list, func(r devices.Recording) bool { on, _ := r.Active.Get(); return on })
}

// storageLocal is the kind of a card in the device itself (devices.Storage).
const storageLocal = "local"

// recordingMode is how a device records this lens: never if no job writes,
// somehow if one does. Whether always or on an event it does not say.
func recordingMode(o devices.Observation) devices.Value[string] {
	list, ok := o.Recordings.Get()
	switch {
	case o.Recordings.IsNotSupported():
		return devices.NotSupported[string]()
	case o.Recordings.IsZero():
		return devices.Value[string]{}
	case !ok:
		return devices.Unreadable[string](errors.New(o.Recordings.Why()))
	}
	var doubt error
	for _, r := range list {
		on, known := r.Active.Get()
		switch {
		case known && on && r.Source != "":
			return devices.Of(rules.RecordsSomehow)
		case known && on:
			doubt = errors.New(rules.WhyUnclaimed)
		case !known && doubt == nil:
			doubt = errors.New(r.Active.Why())
		}
	}
	if doubt != nil {
		return devices.Unreadable[string](doubt)
	}
	return devices.Of(policy.RecordNever)
}

// holes are the notes about a device, and what they know of its firmware.
func (a *Agent) holes(info devices.Value[devices.Info]) (notes []string, holes devices.Value[[]rules.Hole]) {
	i, ok := info.Get()
	if !ok {
		return nil, devices.Unreadable[[]rules.Hole](errors.New(info.Why()))
	}
	source := map[string]map[string]string{}
	for _, n := range firmwarenotes.For(a.notes, i) {
		notes = append(notes, n.Folder)
		source[n.Folder] = n.Sources
	}
	list := []rules.Hole{}
	for _, h := range firmwarenotes.Holes(a.notes, i) {
		x := rules.Hole{
			ID: h.ID, CVE: h.CVE, Text: h.Text, Safe: h.Safe, Basis: devices.BasisRead, Source: source[h.Note][h.Source], Note: h.Note, Has: h.Has,
		}
		if h.Mark == firmwarenotes.Tried {
			x.Basis = devices.BasisTried
		}
		if h.Affected == nil && h.Safe != "" {
			// Some firmware is without it, and the note does not say which in
			// numbers: that this one has it would be a guess.
			x.Has = devices.Unreadable[bool](errors.New(rules.WhyNoBounds))
		}
		list = append(list, x)
	}
	return notes, devices.Of(list)
}
