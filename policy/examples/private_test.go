package examples_test

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/lensdop/lensdop/policy/examples"
)

// names holds the SHA-256 of every first and last name in the documents, in
// lower case: those who signed, were present, advised or were quoted.
func names() []string {
	return []string{
		"03a3c398d305e30afbb7fca20bc960ac61b01aa55697483054c64bb4a6957368",
		"03c065c7d80fb7ed5c0c17572b083e8b69f11e40dee2ceecce3ce79bc560b5d2",
		"152fc4dddcedc0be83ea10cd2667d9e4218b00439c65cb352f4a048e409203b2",
		"22430a50504900dd2e94e2d568193924e510399aa4c9353909ec809d4bf257d6",
		"28ae9a0ea29e0685f30901d21093caa69785b4feb8da64ae1f0b02c7356ea274",
		"3b00f072d5d99d32e5f80ad34061bff4da8a12e620ae0b065a9716f839443022",
		"5e0176c9d2070a5a2a22bf74b4abed303654690d58d64221ccbd022af827abc4",
		"67c1cc383e88821a6fbc2690c89b2ce9208c6d94ca85eb04781699a26def9532",
		"67c9ffc1075bed232b63a6c043a4700cedc6ec8f709206ddf86afb2d8a87459a",
		"69bfe1e6e44821df7f8a0927bd7e61ef208fdb25deaa4353450bc3fb904abd52",
		"745cc9f7c761ae00709dd707b9276fd9c987c1e86efebc11e5a6e0175947ab98",
		"90b8de4051f02b7a29484341f3a903e1b2c6a233f5465e19c634535c7b315e6f",
		"960fc9af5c1caf82a61eecb51e926e1748f31265c34b1fcbb348de7bab375604",
		"a6e0a131e7c4f03d2e9ebdcb73a099b4ac47dcdda8d317b949eef85726ed4a52",
		"a86e4bb8062f308935461bdd23d2bf0dc3a24ec37871f6473d06e68e1b3ca58e",
		"af59749cc2a5d065351c336fb19028eace0ba7b848e24073628a7a448d4c3cb3",
		"bf74e4a280affafbdf6692bc6a9f3d66b03094fbfb4a91589bc7fd6b32664fdb",
		"c3941a12c669c03841ab13706ea3866030ee1b1ee32a7caccfa15b31f8ca851e",
		"ec3c161597b119998ad8822acb2b1123405e85c7577e5e8abd678ad8c2383f2c",
	}
}

func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) })
}

func sum(word string) string {
	h := sha256.Sum256([]byte(word))
	return hex.EncodeToString(h[:])
}

func named(s string) []string {
	list := names()
	var out []string
	for _, w := range words(s) {
		if slices.Contains(list, sum(w)) {
			out = append(out, w[:1]+"…")
		}
	}
	return out
}

var (
	telephone = regexp.MustCompile(`(?:\+|\b0)\d{1,3}[ /.-]?(?:\d{2,3}[ /.-]?){2,4}\d`)
	mac       = regexp.MustCompile(`(?i)\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b`)
	address   = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`)
	mailbox   = regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`)
)

// No file here names a person of the documents, or holds a telephone number.
func TestNoPersons(t *testing.T) {
	texts := map[string]string{}
	for name, data := range examples.All() {
		texts[name] = string(data)
	}
	data, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	texts[readme] = string(data)
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if found := named(texts[name]); len(found) > 0 {
			t.Errorf("%s names persons: %q", name, found)
		}
		if found := telephone.FindString(texts[name]); found != "" && name != "lensmonde.yaml" {
			t.Errorf("%s holds a telephone number", name)
		}
	}
	if len(words(texts["heusden.yaml"])) < 500 || !slices.Contains(words(texts["heusden.yaml"]), "julianastraat") {
		t.Error("the words of heusden.yaml are not seen")
	}
	if telephone.FindString("Tel.: 012 34 56 78") == "" {
		t.Error("a telephone number is not seen")
	}
}

// The files after real documents and guidelines hold no devices, networks,
// findings or declarations. The only mail address of a real organisation is
// the one that its document publishes.
func TestNoDevices(t *testing.T) {
	for _, d := range documents() {
		t.Run(d.file, func(t *testing.T) {
			p, _ := check(t, d.file)
			for _, c := range p.Cameras {
				if !c.Identity.IsEmpty() || c.Device != "" || len(c.Masks)+len(c.Ignore) > 0 {
					t.Errorf("camera %s has a device or a view", c.ID)
				}
			}
			for _, s := range p.Sites {
				if len(s.Networks) > 0 {
					t.Errorf("site %s has networks", s.ID)
				}
			}
			for _, s := range p.Stores {
				if s.Path != "" {
					t.Errorf("store %s has a path", s.ID)
				}
			}
			for _, a := range p.Attestations {
				if !a.Date.IsZero() || a.Document.SHA256 != "" {
					t.Errorf("somebody declared %s", a.Rule)
				}
			}
			if len(p.Devices)+len(p.Readers)+len(p.Waivers)+len(p.Decisions)+len(p.Alerts.Addresses) > 0 {
				t.Error("devices, readers, waivers, decisions or addresses")
			}
			text := string(examples.All()[d.file])
			for _, shape := range []*regexp.Regexp{mac, address} {
				if found := shape.FindString(text); found != "" {
					t.Errorf("it holds %q", found)
				}
			}
			for _, m := range mailbox.FindAllString(text, -1) {
				if !strings.HasSuffix(m, ".example") && m != "privacy@oostrozebeke.be" {
					t.Errorf("it holds the mail address %s", m)
				}
			}
		})
	}
}
