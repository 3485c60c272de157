package rules

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// firmware is the part of SEC-1 that a device can answer: which firmware it
// runs, and whether that is at least what the protocol asks.
func firmware(s *sheet) {
	title := policy.Text{NL: "Firmware", FR: "Micrologiciel", EN: "Firmware"}
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		f := s.camera(c.ID)
		target, why := Target{Camera: c.ID}, Why{Article: article(c.Firmware.Ref)}
		info, ok := f.Info.Get()
		if !ok || info.Firmware == "" {
			reason := f.whyNot()
			if reason == "" && !ok {
				reason = f.Info.Why()
			}
			if reason == "" {
				reason = whyNoVersion
			}
			s.add("firmware", Finding{
				Target: target, Title: title, Why: why, Status: Unproven,
				Text:   say("De firmware van camera %s is niet te lezen: %s.", "Le micrologiciel de la caméra %s est illisible: %s.", "The firmware of camera %s cannot be read: %s.", c.ID, words(reason)),
				Remedy: lookRemedy(),
			})
			continue
		}
		at, fresh := s.asked(f)
		if !at.IsZero() && !fresh {
			s.add("firmware", Finding{Target: target, Title: title, Why: why, Status: Unproven, Text: s.stale(f, at, FactDevice), Remedy: lookRemedy()})
			continue
		}
		finding := Finding{Target: target, Title: title, Why: why, Evidence: []Evidence{{Kind: "firmware", Value: deviceOf(info), Collected: at}}}
		wanted := c.Firmware.AtLeast
		order, comparable := compareVersions(info.Firmware, wanted)
		switch {
		case wanted == "":
			finding.Status = Pass
			finding.Text = say("Camera %s draait firmware %s; het protocol noemt geen laagste versie.", "La caméra %s utilise le micrologiciel %s; le protocole ne fixe pas de version minimale.", "Camera %s runs firmware %s; the protocol sets no lowest version.", c.ID, info.Firmware)
		case !comparable:
			finding.Status = Unproven
			finding.Text = say("Firmware %[2]s van camera %[1]s is niet te vergelijken met %[3]s.", "Le micrologiciel %[2]s de la caméra %[1]s ne peut être comparé à %[3]s.", "Firmware %[2]s of camera %[1]s cannot be compared with %[3]s.", c.ID, info.Firmware, wanted)
			finding.Remedy = policy.Text{NL: "Schrijf de laagste versie in het protocol zoals het apparaat haar noemt.", FR: "Écrivez la version minimale dans le protocole comme l'appareil l'indique.", EN: "Write the lowest version in the protocol as the device gives it."}
		case order < 0:
			finding.Status = Fail
			finding.Text = say("Camera %s draait firmware %s; het protocol vraagt ten minste %s.", "La caméra %s utilise le micrologiciel %s; le protocole demande au moins %s.", "Camera %s runs firmware %s; the protocol asks for at least %s.", c.ID, info.Firmware, wanted)
			finding.Remedy = policy.Text{NL: "Werk de firmware bij, en controleer daarna de maskers.", FR: "Mettez à jour le micrologiciel, puis vérifiez les masques.", EN: "Update the firmware, and check the masks afterwards."}
		default:
			finding.Status = Pass
			finding.Text = say("Camera %s draait firmware %s, ten minste %s.", "La caméra %s utilise le micrologiciel %s, au moins %s.", "Camera %s runs firmware %s, at least %s.", c.ID, info.Firmware, wanted)
		}
		s.add("firmware", finding)
	}
}

// deviceOf names a device and its firmware as it does itself.
func deviceOf(i devices.Info) string {
	return strings.TrimSpace(i.Vendor + " " + i.Model + " " + i.Firmware)
}

// compareVersions compares the numbers in two versions, one by one; a letter
// before the first number is left out ("V5.7.3"). It is false if their parts
// are of different kinds, since any order would be a guess.
func compareVersions(a, b string) (int, bool) {
	x, y := versionParts(a), versionParts(b)
	if len(x) == 0 || len(y) == 0 {
		return 0, false
	}
	for i := range min(len(x), len(y)) {
		n, errN := strconv.ParseUint(x[i], 10, 64)
		m, errM := strconv.ParseUint(y[i], 10, 64)
		switch {
		case errN == nil && errM == nil && n != m:
			if n < m {
				return -1, true
			}
			return 1, true
		case errN == nil && errM == nil, errN != nil && errM != nil && strings.EqualFold(x[i], y[i]):
		default:
			return 0, false
		}
	}
	if len(y) > len(x) { // "5.7" against at least "5.7.3": older, or written short
		return 0, false
	}
	return 0, true
}

func versionParts(s string) []string {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return !unicode.IsDigit(r) })
	var parts []string
	kind := 0 // of the part being read: 1 digits, 2 letters
	for _, r := range s {
		k := 0
		switch {
		case r >= '0' && r <= '9':
			k = 1
		case unicode.IsLetter(r):
			k = 2
		default:
		}
		if k != 0 && k != kind {
			parts = append(parts, "")
		}
		if k != 0 {
			parts[len(parts)-1] += string(r)
		}
		kind = k
	}
	return parts
}
