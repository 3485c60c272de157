package rules

import (
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// Conflict is a reason why a device on the network may not be the one that it
// says it is.
type Conflict struct {
	Kind ConflictKind `json:"kind"`
	// Other is what it contradicts: the hardware address, serial number or
	// address of the other claim, or the key of the device whose address it took.
	Other string    `json:"other"`
	At    time.Time `json:"at"` // since when
}

// ConflictKind tells what contradicts what.
type ConflictKind string

// The kinds of conflict.
const (
	ConflictMAC     ConflictKind = "mac"     // it was known by another hardware address
	ConflictTwice   ConflictKind = "twice"   // two devices answer under its endpoint
	ConflictSerial  ConflictKind = "serial"  // it told another serial number before
	ConflictAddress ConflictKind = "address" // it answers where a registered device did, which is gone
)

// ConflictKinds lists the kinds.
func ConflictKinds() []ConflictKind {
	return []ConflictKind{ConflictMAC, ConflictTwice, ConflictSerial, ConflictAddress}
}

// identity is the part of REG-1 that asks whether a device is the one that it
// says it is. What answers under a registered camera's name need not be that
// camera.
func identity(s *sheet) (found bool) {
	for _, d := range s.Found {
		if d.Conflict == nil {
			continue
		}
		found = true
		device := d.Endpoint
		if device == "" {
			device = d.Address
		}
		f := Finding{
			Target: Target{Device: device}, Status: Fail, Severity: Critical, Since: d.Conflict.At,
			Evidence: []Evidence{
				{Kind: "network", Value: d.Address + " " + d.MAC, Collected: d.LastSeen},
				{Kind: "identity", Value: string(d.Conflict.Kind) + ": " + d.Conflict.Other, Collected: d.Conflict.At},
			},
			Remedy: policy.Text{
				NL: "Ga kijken welk apparaat er hangt. Is de camera vervangen, pas dan het register aan; zo niet, haal het vreemde apparaat weg en meld het als inbraak op het netwerk.",
				FR: "Allez voir quel appareil est en place. Si la caméra a été remplacée, adaptez le registre; sinon, retirez l'appareil étranger et signalez une intrusion sur le réseau.",
				EN: "Go and see which device hangs there. If the camera was replaced, correct the register; if not, remove the strange device and report an intrusion on the network.",
			},
		}
		switch d.Conflict.Kind {
		case ConflictMAC:
			f.Text = say("Onder de naam van een bekend apparaat antwoordt op %s een ander: het was bekend onder hardwareadres %s en heeft nu %s.", "Sous le nom d'un appareil connu, un autre répond à l'adresse %s: il était connu sous l'adresse matérielle %s et a maintenant %s.", "Under the name of a known device another answers at %s: it was known by hardware address %s and now has %s.", d.Address, d.Conflict.Other, orUnknown(d.MAC))
		case ConflictTwice:
			f.Text = say("Twee apparaten antwoorden onder één naam: op %s en op %s. Hoogstens één ervan is de camera.", "Deux appareils répondent sous un seul nom: à l'adresse %s et à l'adresse %s. Un seul au plus est la caméra.", "Two devices answer under one name: at %s and at %s. At most one of them is the camera.", d.Address, d.Conflict.Other)
		case ConflictSerial:
			f.Text = say("Het apparaat op %s noemt een ander serienummer dan voorheen (%s): het is vervangen, of een ander doet zich ervoor uit.", "L'appareil à l'adresse %s donne un autre numéro de série qu'auparavant (%s): il a été remplacé, ou un autre se fait passer pour lui.", "The device at %s gives another serial number than before (%s): it was replaced, or another pretends to be it.", d.Address, d.Conflict.Other)
		default:
			f.Text = say("Op %s antwoordt een ander apparaat dan de geregistreerde camera die daar was (%s) en die niet meer antwoordt.", "À l'adresse %s répond un autre appareil que la caméra enregistrée qui s'y trouvait (%s) et qui ne répond plus.", "At %s another device answers than the registered camera that was there (%s) and no longer answers.", d.Address, d.Conflict.Other)
		}
		s.add("identity", f)
	}
	return found
}

// registered is how many of its video sources the register knows: cameras that
// it is, and cameras that it has a channel of.
func (d Found) registered() int { return len(d.Cameras) + len(d.Channels) }

// stranger tells that the register does not know the device at all.
func (d Found) stranger() bool { return d.registered() == 0 && d.Device == "" }

// recorder tells that it has others' pictures and none of its own, as far as
// the register says.
func (d Found) recorder() bool { return len(d.Cameras) == 0 && !d.stranger() }

// onlyHinted tells that nobody registered it and that nothing but hints says
// that it is a camera.
func (d Found) onlyHinted() bool {
	hint := d.How == devices.HowRTSP || d.How == devices.HowMDNS || d.How == devices.HowNeighbour
	return d.stranger() && d.Endpoint == "" && hint
}

// hinted adds to REG-1 something that may be a camera. A hint is no proof, so
// it neither passes nor fails: a person goes and looks.
func hinted(s *sheet, d Found, device string, evidence []Evidence) {
	var words []string
	for _, h := range d.Hints {
		words = append(words, string(h.Kind)+" "+h.Text)
	}
	signs := strings.Join(words, "; ")
	s.add("hint", Finding{
		Target: Target{Device: device}, Status: Unproven, Since: d.FirstSeen,
		Evidence: append(evidence, Evidence{Kind: "hint", Value: signs, Collected: d.LastSeen}),
		Text: say(
			"Op %s is iets dat een camera kan zijn en niet in het register staat (%s).",
			"À l'adresse %s se trouve quelque chose qui peut être une caméra et ne figure pas au registre (%s).",
			"At %s there is something that may be a camera and is not in the register (%s).",
			d.Address, orUnknown(signs)),
		Remedy: policy.Text{
			NL: "Ga kijken wat het is. Is het een camera of recorder, zet die dan in het protocol of haal die weg.",
			FR: "Allez voir ce que c'est. S'il s'agit d'une caméra ou d'un enregistreur, inscrivez-le au protocole ou retirez-le.",
			EN: "Go and see what it is. If it is a camera or a recorder, enter it in the protocol or remove it.",
		},
	})
}
