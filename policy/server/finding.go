package server

import (
	"errors"

	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/wire"
)

// coverRule is the rule about cameras that must be covered. Its matter is
// followed by the alert about the camera's state, which gives a cover the time
// to go on; one matter is one alert.
const coverRule = "BLK-1"

// hiddenRule repeats, as hidden devices and hidden sound, what REG-1 and AUD-1
// find: it is listed, and those are the alert.
const hiddenRule = "HID-1"

// readFinding reads the finding in an event.
func readFinding(e wire.Event) (store.Finding, error) {
	f, err := decode[rules.Finding](e.Data)
	if err != nil {
		return store.Finding{}, err
	}
	if f.ID == "" || len(f.ID) > maxName || f.Rule == "" || len(f.Rule) > maxName || len(f.Target.Site) > maxName {
		return store.Finding{}, errors.New("finding without id or rule, or with one too long")
	}
	return store.Finding{
		ID: f.ID, Rule: f.Rule, Site: f.Target.Site, Status: string(f.Status), Severity: string(f.Severity),
		Since: or(f.Since, f.At), Body: e.Data,
		Quiet: f.Undelivered || f.Waiver != nil,
	}, nil
}
