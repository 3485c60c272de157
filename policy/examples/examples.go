// Package examples owns protocol files that come with Lensdop: the invented
// municipality of the demo, two written protocols of municipalities, and two
// invented organisations after guidelines. It holds no findings and no names
// of real people, devices only where they are invented, and reads nothing.
package examples

import _ "embed"

// Lensmonde is the protocol of the sports hall De Polder of the invented
// municipality Lensmonde, as a polling place. Parse it with policy.Parse.
//
//go:embed lensmonde.yaml
var Lensmonde []byte

// Heusden is the camera and call protocol that the municipality of Heusden (NL)
// adopted on 4 May 2020, put in these words by us. It names no cameras.
//
//go:embed heusden.yaml
var Heusden []byte

// Oostrozebeke is the camera policy that the municipality of Oostrozebeke (BE)
// annexed to its work rules on 23 October 2024, put in these words by us. Its
// three cameras have no identity.
//
//go:embed oostrozebeke.yaml
var Oostrozebeke []byte

// PoliceZone is the protocol of an invented police zone (BE) after the
// guideline of the police union NSPV.
//
//go:embed police-zone.yaml
var PoliceZone []byte

// SmallOffice is the protocol of an invented office (NL) after an HR article
// and an article for works councils.
//
//go:embed small-office.yaml
var SmallOffice []byte

// All returns every example by the name of its file.
func All() map[string][]byte {
	return map[string][]byte{
		"heusden.yaml":      Heusden,
		"lensmonde.yaml":    Lensmonde,
		"oostrozebeke.yaml": Oostrozebeke,
		"police-zone.yaml":  PoliceZone,
		"small-office.yaml": SmallOffice,
	}
}
