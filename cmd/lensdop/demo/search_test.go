package demo

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// leak is something that must be nowhere, found somewhere.
type leak struct{ what, where string }

// needle is one form of one secret.
type needle struct {
	what string
	// alone tells that the form is so short that it counts only with no
	// letter or digit beside it.
	alone bool
	bytes []byte
}

// cardForms lists the ways in which a card of ten hex digits may be written:
// whole, without its version byte, and without its facility, in both byte
// orders. Three raw bytes are left out: they come about by chance.
func cardForms(card string) []needle {
	raw, err := hex.DecodeString(card)
	if err != nil {
		panic(err)
	}
	var list []needle
	add := func(what string, alone bool, b []byte) {
		list = append(list, needle{what + " of card " + card, alone, b})
	}
	for _, order := range []string{"", "reversed "} {
		for _, n := range []int{5, 4, 3} {
			part := slices.Clone(raw[5-n:])
			if order != "" {
				slices.Reverse(part)
			}
			h := hex.EncodeToString(part)
			name := fmt.Sprintf("%s%d bytes", order, n)
			add(name+" in hex", n < 4, []byte(h))
			add(name+" in upper-case hex", n < 4, []byte(strings.ToUpper(h)))
			add(name+" with colons", false, []byte(colons(h)))
			add(name+" with upper-case colons", false, []byte(strings.ToUpper(colons(h))))
			v, err := strconv.ParseUint(h, 16, 64)
			if err != nil {
				panic(err)
			}
			add(name+" in decimal", true, strconv.AppendUint(nil, v, 10))
			add(name+" in ten digits", true, fmt.Appendf(nil, "%010d", v))
			if n > 3 {
				add(name+" raw", false, part)
			}
			if n == 5 {
				for i, b := range base64Forms(part) {
					add(fmt.Sprintf("%s in base64 at %d", name, i), false, b)
				}
			}
		}
	}
	add("facility and number", true, fmt.Appendf(nil, "%d,%d", raw[2], int(raw[3])<<8|int(raw[4])))
	add("facility and number", true, fmt.Appendf(nil, "%03d%05d", raw[2], int(raw[3])<<8|int(raw[4])))
	return list
}

func colons(h string) string {
	var parts []string
	for b := range slices.Chunk([]byte(h), 2) {
		parts = append(parts, string(b))
	}
	return strings.Join(parts, ":")
}

// base64Forms are the characters that b always gives within a longer text, by
// its place modulo 3.
func base64Forms(b []byte) [][]byte {
	var list [][]byte
	for before := range 3 {
		s := base64.StdEncoding.EncodeToString(slices.Concat(make([]byte, before), b))
		from := []int{0, 2, 3}[before]
		to := (before + len(b)) * 8 / 6
		list = append(list, []byte(s[from:to]))
	}
	return list
}

// credentialForms are those of a camera's login.
func credentialForms() []needle {
	list := []needle{
		{"camera password", false, []byte(cameraPassword)},
		{"camera password in hex", false, []byte(hex.EncodeToString([]byte(cameraPassword)))},
		{"camera password escaped", false, []byte(strings.ReplaceAll(cameraPassword, "-", "%2D"))},
	}
	for _, b := range base64Forms([]byte(cameraPassword)) {
		list = append(list, needle{"camera password in base64", false, b})
	}
	for _, b := range base64Forms([]byte(cameraUser + ":" + cameraPassword)) {
		list = append(list, needle{"camera login in base64", false, b})
	}
	return list
}

// pictureForms are the beginnings of coded pictures.
func pictureForms() []needle {
	list := []needle{
		{"JFIF marker", false, []byte("JFIF\x00")},
		{"Exif marker", false, []byte("Exif\x00\x00")},
		{"PNG", false, []byte("\x89PNG\r\n\x1a\n")},
		{"session description of H.264", false, []byte("sprop-parameter-sets=")},
		{"session description of H.265", false, []byte("sprop-vps=")},
		{"H.265 VPS", false, []byte("\x00\x00\x01\x40\x01\x0c")},
		{"H.265 SPS", false, []byte("\x00\x00\x01\x42\x01\x01")},
	}
	for _, m := range []byte{0xdb, 0xe0, 0xe1, 0xc0, 0xc4} {
		list = append(list, needle{"start of a JPEG", false, []byte{0xff, 0xd8, 0xff, m}})
	}
	for _, profile := range []string{"\x42\xc0", "\x42\xe0", "\x42\x00", "\x4d\x00", "\x4d\x40", "\x64\x00"} {
		list = append(list, needle{"H.264 SPS", false, []byte("\x00\x00\x01\x67" + profile)})
	}
	return list
}

// bars are the widths of the planted picture's bars, dark and bright in turn.
// Nothing in the scenes and nothing by chance looks like this.
func bars() []int { return []int{4, 2, 6, 2, 2, 8, 4, 2, 2, 6, 4, 4, 2, 8, 2, 6, 2, 4} }

// planted is the picture that is drawn into the hall's scenes.
func planted() image.Image {
	width := 0
	for _, w := range bars() {
		width += w
	}
	p := image.NewGray(image.Rect(0, 0, width*4, width*2))
	x := 0
	for i, w := range bars() {
		for range w * 4 {
			for y := range p.Rect.Dy() {
				p.SetGray(x, y, color.Gray{Y: uint8(30 + 195*(i%2))})
			}
			x++
		}
	}
	return p
}

// barRow tells whether b has a good part of a row of the planted picture's
// brightness, in any size: runs of dark and bright bytes in the proportions of
// some of its bars. People in the scene may hide the others.
func barRow(b []byte) bool {
	const (
		dark, bright = 90, 165
		enough       = 10 // bars in a row
	)
	all := bars()
	var runs [][2]int // kind, length
	for _, v := range b {
		kind := 0
		switch {
		case v < dark:
			kind = 1
		case v > bright:
			kind = 2
		}
		if n := len(runs); n > 0 && runs[n-1][0] == kind {
			runs[n-1][1]++
		} else {
			runs = append(runs, [2]int{kind, 1})
		}
	}
	// A byte between dark and bright is the edge of a bar.
	runs = slices.DeleteFunc(runs, func(r [2]int) bool { return r[0] == 0 && r[1] <= 2 })
	for i := 0; i+enough <= len(runs); i++ {
		// The bars at both ends run into what is beside them.
		for first := 1; first+enough < len(all); first++ {
			if runs[i][0] == 1+first%2 && alike(runs[i:i+enough], all[first:first+enough]) {
				return true
			}
		}
	}
	return false
}

// alike tells whether runs, dark and bright in turn, have the lengths of bars
// at one scale.
func alike(runs [][2]int, bars []int) bool {
	total, expected := 0, 0
	for j, r := range runs {
		if r[0] != runs[j%2][0] || r[0] == 0 || r[0] == runs[1-j%2][0] {
			return false
		}
		total += r[1]
		expected += bars[j]
	}
	scale := float64(total) / float64(expected)
	if scale < 1 {
		return false // too few bytes to tell from chance
	}
	for j, r := range runs {
		if off := float64(r[1]) - float64(bars[j])*scale; off > 1.6 || off < -1.6 {
			return false
		}
	}
	return true
}

// searcher looks for what must be nowhere.
type searcher struct{ needles []needle }

func newSearcher() searcher {
	return searcher{slices.Concat(cardForms(BadgeStaff), cardForms(BadgeStray), credentialForms(), pictureForms())}
}

var base64Run = regexp.MustCompile(`[A-Za-z0-9+/_-](?:\r?\n?[A-Za-z0-9+/_-]){15,}`)

// find searches b, what its base64 stands for, and what its quoted-printable
// stands for.
func (s searcher) find(where string, b []byte) []leak { return s.within(where, b, 3) }

func (s searcher) within(where string, b []byte, depth int) []leak {
	var found []leak
	for _, n := range s.needles {
		if has(b, n) {
			found = append(found, leak{n.what, where})
		}
	}
	if barRow(b) {
		found = append(found, leak{"a row of the planted picture", where})
	}
	if depth == 0 {
		return found
	}
	if soft := bytes.ReplaceAll(b, []byte("=\r\n"), nil); len(soft) != len(b) {
		found = append(found, s.within(where+", unfolded", soft, 0)...)
	}
	for _, run := range base64Run.FindAll(b, -1) {
		text := strings.NewReplacer("\r", "", "\n", "", "-", "+", "_", "/").Replace(string(run))
		decoded, err := base64.RawStdEncoding.DecodeString(text[:len(text)-len(text)%4])
		if err == nil {
			found = append(found, s.within(where+", from base64", decoded, depth-1)...)
		}
	}
	return found
}

func has(b []byte, n needle) bool {
	for from := 0; ; {
		i := bytes.Index(b[from:], n.bytes)
		if i < 0 {
			return false
		}
		i += from
		if !n.alone || !wordAt(b, i-1) && !wordAt(b, i+len(n.bytes)) {
			return true
		}
		from = i + 1
	}
}

func wordAt(b []byte, i int) bool {
	return i >= 0 && i < len(b) && (b[i] >= '0' && b[i] <= '9' || b[i] >= 'a' && b[i] <= 'z' || b[i] >= 'A' && b[i] <= 'Z')
}
