// Package examples owns protocol files that come with Lensdop: the invented
// municipality of the demo. It holds no devices, findings or names of real
// people, and reads nothing.
package examples

import _ "embed"

// Lensmonde is the protocol of the sports hall De Polder of the invented
// municipality Lensmonde, as a polling place. Parse it with policy.Parse.
//
//go:embed lensmonde.yaml
var Lensmonde []byte
