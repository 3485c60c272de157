package firmwarenotes

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// Matches tells whether the note is about a device that says this of itself.
func (n Note) Matches(i devices.Info) bool {
	m := n.Match
	return m != nil && glob(m.Vendor, i.Vendor) && glob(m.Model, i.Model) && (m.Firmware == "" || glob(m.Firmware, i.Firmware))
}

// glob compares without regard to case; * stands for any text.
func glob(pattern, s string) bool {
	parts := strings.Split(strings.ToLower(pattern), "*")
	s = strings.ToLower(strings.TrimSpace(s))
	if len(parts) == 1 {
		return s == parts[0]
	}
	rest, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	last := parts[len(parts)-1]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, p)
		if i < 0 {
			return false
		}
		rest = rest[i+len(p):]
	}
	return strings.HasSuffix(rest, last)
}

// For returns the notes about a device, the most particular first: one that
// names the firmware before one for all, then the one that says more of model
// and vendor.
func For(notes []Note, i devices.Info) []Note {
	var out []Note
	for _, n := range notes {
		if n.Matches(i) {
			out = append(out, n)
		}
	}
	said := func(pattern string) int { return len(strings.ReplaceAll(pattern, "*", "")) }
	slices.SortStableFunc(out, func(a, b Note) int {
		return cmp.Or(
			cmp.Compare(said(b.Match.Firmware), said(a.Match.Firmware)),
			cmp.Compare(said(b.Match.Model), said(a.Match.Model)),
			cmp.Compare(said(b.Match.Vendor), said(a.Match.Vendor)),
		)
	})
	return out
}

// Basis tells what a write by this driver and method to this device rests on:
// the first note that speaks of it decides. Without one, what a driver of a
// standard writes is offered by the device itself, and what a maker's driver
// writes was only read.
func Basis(notes []Note, i devices.Info, driver string, m devices.Method) devices.Basis {
	for _, n := range For(notes, i) {
		for _, c := range n.Covers {
			if c.Driver != driver || c.Method != m {
				continue
			}
			if c.Mark == Tried {
				return devices.BasisTried
			}
			if driver != standard {
				return devices.BasisRead
			}
		}
	}
	if driver == standard {
		return devices.BasisAnnounced
	}
	return devices.BasisRead
}

// standard is the driver whose operations a device announces in the terms of
// a standard before they are used.
const standard = "onvif"

// Prefer orders drivers for a device: those that its notes name for the
// method come first, in the notes' order; the others keep theirs.
func Prefer(notes []Note, i devices.Info, m devices.Method, drivers []string) []string {
	var out []string
	for _, n := range For(notes, i) {
		for _, c := range n.Covers {
			if c.Method == m && slices.Contains(drivers, c.Driver) && !slices.Contains(out, c.Driver) {
				out = append(out, c.Driver)
			}
		}
	}
	for _, d := range drivers {
		if !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

// SoldWith is a login that a device was sold with.
type SoldWith struct {
	Login

	// Name tells it apart: the note's folder and its number there, from 1.
	Name string
}

// Logins lists those that a device may have been sold with, the most
// particular note's first, each once.
func Logins(notes []Note, i devices.Info) []SoldWith {
	var out []SoldWith
	for _, n := range For(notes, i) {
		for k, l := range n.Logins {
			if !slices.ContainsFunc(out, func(x SoldWith) bool { return x.User == l.User && x.Password == l.Password }) {
				out = append(out, SoldWith{Login: l, Name: fmt.Sprintf("%s#%d", n.Folder, k+1)})
			}
		}
	}
	return out
}

// Hole is a weakness that a device has, as far as its firmware tells.
type Hole struct {
	Weakness

	// Note is the folder that says so.
	Note string
	// Has is unreadable where the firmware's version cannot be compared.
	Has devices.Value[bool]
}

// Holes lists the weaknesses that the notes know of a device, without those
// that its firmware surely does not have. The same CVE is told once, by the
// most particular note.
func Holes(notes []Note, i devices.Info) []Hole {
	var out []Hole
	told := map[string]bool{}
	for _, n := range For(notes, i) {
		for _, w := range n.Weaknesses {
			if w.CVE != "" && told[w.CVE] {
				continue
			}
			told[w.CVE] = true
			h := Hole{Weakness: w, Note: n.Folder, Has: w.Affected.has(i.Firmware)}
			if has, known := h.Has.Get(); !known || has {
				out = append(out, h)
			}
		}
	}
	return out
}

// Affected bounds firmwares, by version or by the day that they were built.
type Affected struct {
	// From is the first version that has it, Below the first that has it no
	// more: numbers with dots, as they stand in the firmware's name.
	From  string `yaml:"from"`
	Below string `yaml:"below"`
	// BuiltBefore is the first day (2006-01-02) of builds without it.
	BuiltBefore string `yaml:"built_before"`
}

func (a *Affected) validate() error {
	if a == nil {
		return nil
	}
	if a.Below == "" && a.BuiltBefore == "" && a.From == "" {
		return errors.New("give from, below or built_before, or leave it out")
	}
	for _, v := range []string{a.From, a.Below} {
		if v != "" && dotted.FindString(v) != v {
			return fmt.Errorf("%q is no version; write numbers with dots", v)
		}
	}
	if a.BuiltBefore != "" {
		if _, err := time.Parse(time.DateOnly, a.BuiltBefore); err != nil {
			return fmt.Errorf("built_before: %q is no day; write 2021-06-25", a.BuiltBefore)
		}
	}
	return nil
}

var (
	dotted = regexp.MustCompile(`\d+(\.\d+)+`)
	// Makers write the day as "build 190220", "Build Date: 2021-01-30" or at
	// the end of a long name as ".R.20170830" or ".R.170830".
	builtDay = regexp.MustCompile(`(?i)(?:build(?: date)?[: ]*|\.R\.)((?:\d{4}-\d{2}-\d{2})|(?:\d{8})|(?:\d{6}))(?:\D|$)`)
)

// has tells whether a firmware lies within the bounds.
func (a *Affected) has(firmware string) devices.Value[bool] {
	if a == nil {
		return devices.Of(true)
	}
	if a.BuiltBefore != "" {
		day, err := built(firmware)
		if err != nil {
			return devices.Unreadable[bool](err)
		}
		limit, err := time.Parse(time.DateOnly, a.BuiltBefore)
		if err != nil {
			return devices.Unreadable[bool](err)
		}
		if !day.Before(limit) {
			return devices.Of(false)
		}
	}
	if a.From == "" && a.Below == "" {
		return devices.Of(true)
	}
	v := dotted.FindString(firmware)
	if v == "" {
		return devices.Unreadable[bool](fmt.Errorf("firmware %q has no version to compare", firmware))
	}
	return devices.Of((a.From == "" || compare(v, a.From) >= 0) && (a.Below == "" || compare(v, a.Below) < 0))
}

func built(firmware string) (time.Time, error) {
	m := builtDay.FindStringSubmatch(firmware)
	if m == nil {
		return time.Time{}, fmt.Errorf("firmware %q does not say when it was built", firmware)
	}
	layout := map[int]string{len("2006-01-02"): time.DateOnly, len("20060102"): "20060102", len("060102"): "060102"}[len(m[1])]
	day, err := time.Parse(layout, m[1])
	if err != nil {
		return time.Time{}, fmt.Errorf("firmware %q does not say when it was built: %w", firmware, err)
	}
	return day, nil
}

// compare orders dotted versions number by number; what is missing counts as 0.
func compare(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		if c := cmp.Compare(number(x, i), number(y, i)); c != 0 {
			return c
		}
	}
	return 0
}

func number(parts []string, i int) uint64 {
	if i >= len(parts) {
		return 0
	}
	n, err := strconv.ParseUint(parts[i], 10, 64)
	if err != nil {
		return ^uint64(0) // more digits than fit: newer than all that fit
	}
	return n
}
