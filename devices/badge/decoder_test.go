package badge

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// epoch is an arbitrary instant; the decoder reads no clock.
func epoch() time.Time { return time.Date(2027, 1, 10, 8, 0, 0, 0, time.UTC) }

func frame(digits, end string) string { return "\x02" + digits + end + "\x03" }

// vectors are frames from data sheets and manuals, and what they must be read as.
var vectors = []struct {
	name  string
	bytes string
	want  []string // outcome and kind
}{
	// ID-2/12/20LA data sheet: 0C000621A5 has checksum 8E; its text also
	// prints 6E, which the bit columns on the same page contradict.
	{"ID-12 data sheet", frame("0C000621A58E", "\r\n"), []string{"good id12"}},
	{"ID-12 data sheet, misprinted checksum", frame("0C000621A56E", "\r\n"), []string{"bad id12"}},
	{"the same card as RDM6300", frame("0C000621A58E", ""), []string{"good rdm6300"}},
	{"lower case", frame("0c000621a58e", ""), []string{"good rdm6300"}},
	// A sample from a user forum whose digits were altered before posting.
	{"RDM6300 forum sample", "\x02\x31\x30\x30\x30\x32\x36\x46\x34\x34\x34\x32\x36\x03", []string{"bad rdm6300"}},
	// Civintec CN56 manual: 26 and 34 bits, as converters send them.
	{"Civintec 26 bits", "D41B81\r", []string{"good wiegand-hex"}},
	{"Civintec 34 bits", "89D41B81\r\n", []string{"good wiegand-hex"}},
	// S4A converter manual: 1E256h.
	{"S4A decimal", "0000123478\r\n", []string{"good wiegand-decimal"}},
	{"37 bits", "1C0FFEE42\r", []string{"good wiegand-hex"}},
	{"counted, 35 bits", "23280078904\r", []string{"good wiegand-hex"}},
	{"counted, 26 bits", "1A3506E03\r", []string{"good wiegand-hex"}},
	{"hex or decimal", "12345678\r", []string{"good "}},
	{"counted one digit short", "25280078904\r", []string{"bad "}},
	{"counted, too few bits", "0412\r", []string{"bad "}},
	{"empty lines", "\r\n\r\n", nil},

	{"noise before", "\xff\x00\x55" + frame("0C000621A58E", ""), []string{"noise ", "good rdm6300"}},
	{"half a frame, then a whole one", "\x020C0006" + frame("0C000621A58E", ""), []string{"bad ", "good rdm6300"}},
	{"lost start, then a whole one", "0C000621A58E\x03" + frame("0C000621A58E", ""), []string{"bad ", "good rdm6300"}},
	{"lost end, then a whole one", "\x020C000621A58E" + frame("0C000621A58E", ""), []string{"bad ", "good rdm6300"}},
	{"line feed lost", frame("0C000621A58E", "\r") + frame("0C000621A58E", "\r\n"), []string{"bad id12", "good id12"}},
	{"a start inside digits", "D41\x020C000621A58E\x03", []string{"bad ", "good rdm6300"}},
	{"a digit is broken", "\x020C0\xb0621A58E\x03" + frame("0C000621A58E", ""), []string{"bad ", "good rdm6300"}},
	{"text", "login: abc\r\nD41B81\r", []string{"noise ", "good wiegand-hex"}},
	{"text that begins like a number", "dead line\r\nD41B81\r", []string{"noise ", "good wiegand-hex"}},
	{"a line without an end", strings.Repeat("A", 500) + "\rD41B81\r", []string{"bad ", "noise ", "good wiegand-hex"}},
	{"noise after a bad frame", "\x02123" + strings.Repeat("\xff", 100), []string{"bad ", "noise "}},
	{"only starts", "\x02\x02\x02", []string{"noise ", "noise "}},
	{"only an end", "\x03", []string{"noise "}},
}

// run decodes the bytes, cut into pieces, and lists what they were.
func run(wanted kinds, text string, piece int) (d *decoder, got []string) {
	names := map[outcome]string{good: "good", repeat: "repeat", bad: "bad", noise: "noise"}
	d = newDecoder(wanted, func(_ time.Time, o outcome, k kinds) { got = append(got, names[o]+" "+k.String()) })
	for p := range slices.Chunk([]byte(text), max(1, piece)) {
		d.feed(epoch(), slices.Clone(p))
	}
	return d, got
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			for _, piece := range []int{1, 2, 3, 7, 1 << 10} {
				if _, got := run(set(""), v.bytes, piece); !slices.Equal(got, v.want) {
					t.Errorf("in pieces of %d: got %q, want %q", piece, got, v.want)
				}
			}
		})
	}
}

func TestDeclaredKind(t *testing.T) {
	for _, c := range []struct{ declared, bytes, want string }{
		{RDM6300, frame("0C000621A58E", ""), "good rdm6300"},
		{RDM6300, frame("0C000621A58E", "\r\n"), "bad id12"},
		{ID12, frame("0C000621A58E", ""), "bad rdm6300"},
		{WiegandHex, "12345678\r", "good wiegand-hex"},
		{WiegandDecimal, "12345678\r", "good wiegand-decimal"},
		{WiegandDecimal, "D41B81\r", "bad wiegand-hex"},
	} {
		if _, got := run(set(c.declared), c.bytes, 64); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s reads %q as %q, want %q", c.declared, c.bytes, got, c.want)
		}
	}
}

func TestRepeatsCountOnce(t *testing.T) {
	var got []outcome
	d := newDecoder(set(RDM6300), func(_ time.Time, o outcome, _ kinds) { got = append(got, o) })
	at := epoch()
	present := func(digits string, times int) {
		for range times {
			d.feed(at, []byte(frame(digits, "")))
			at = at.Add(50 * time.Millisecond)
		}
	}
	present("0C000621A58E", 100) // five seconds in the field
	present("0C000621A68D", 1)   // another card in between
	present("0C000621A58E", 1)   // and the first again
	at = at.Add(away + time.Millisecond)
	d.idle(at)
	present("0C000621A58E", 2) // taken away and presented again
	n := 0
	for _, o := range got {
		if o == good {
			n++
		}
	}
	if n != 4 || len(got) != 104 {
		t.Errorf("%d presentations in %d frames, want 4 in 104", n, len(got))
	}
}

func TestHalfFrameEndsWithSilence(t *testing.T) {
	var got []outcome
	d := newDecoder(set(""), func(_ time.Time, o outcome, _ kinds) { got = append(got, o) })
	d.feed(epoch(), []byte("\x020C0006"))
	d.idle(epoch().Add(gap))
	if len(got) != 0 {
		t.Fatalf("a pause inside a frame ended it: %v", got)
	}
	d.idle(epoch().Add(gap + time.Millisecond))
	if !slices.Equal(got, []outcome{bad}) || d.card != (card{}) {
		t.Fatalf("got %v; half a number kept: %t", got, d.card != card{})
	}
	// A line after noise and silence is a line.
	d.feed(epoch().Add(time.Second), []byte{0xff})
	d.feed(epoch().Add(2*time.Second), []byte("D41B81\r"))
	if !slices.Equal(got, []outcome{bad, noise, good}) {
		t.Errorf("got %v", got)
	}
}

// One flipped bit costs at most the frame that it is in.
func TestOneBitCostsOneFrame(t *testing.T) {
	for _, end := range []string{"", "\r\n"} {
		stream := frame("0C000621A58E", end) + frame("0C000621A68D", end) + frame("0C000621A78C", end)
		size := len(stream) / 3
		for i := size; i < 2*size; i++ {
			for bit := range 8 {
				flipped := []byte(stream)
				flipped[i] ^= 1 << bit
				_, got := run(set(""), string(flipped), 64)
				n := 0
				for _, o := range got {
					if strings.HasPrefix(o, "good") {
						n++
					}
				}
				// The case bit of a hex letter changes nothing.
				same := strings.EqualFold(string(flipped), stream)
				if want := 2; !same && n != want || same && n != 3 {
					t.Errorf("bit %d of byte %d: %d good frames: %q", bit, i-size, n, got)
				}
			}
		}
	}
}

func TestNoNumberIsPrinted(t *testing.T) {
	const number = "0C000621A5"
	d := newDecoder(set(""), func(time.Time, outcome, kinds) {})
	d.feed(epoch(), []byte("\x02"+number))
	if d.card.n != len(number) {
		t.Fatal("the test holds no number")
	}
	marshalled, err := json.Marshal(map[string]any{"card": d.card, "decoder": d})
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	log := slog.New(slog.NewTextHandler(&logged, nil))
	log.Info("badge", "card", d.card, "decoder", d)
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("badge", "card", d.card, "decoder", d)
	texts := []string{string(marshalled), logged.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c"} {
		texts = append(texts, fmt.Sprintf(verb, d.card), fmt.Sprintf(verb, &d.card), fmt.Sprintf(verb, d))
	}
	for _, text := range texts {
		for _, form := range []string{number, strings.ToLower(number), fmt.Sprintf("%x", number), fmt.Sprintf("%X", number), "48 67 48 48 48 54", "51536933", "12 0 6 33 165"} {
			if strings.Contains(text, form) {
				t.Errorf("%q holds the number as %q", text, form)
			}
		}
	}
}

func TestBytesAreWiped(t *testing.T) {
	d := newDecoder(set(""), func(time.Time, outcome, kinds) {})
	p := []byte(frame("0C000621A58E", ""))
	d.feed(epoch(), p)
	for _, b := range p {
		if b != 0 {
			t.Fatalf("the reader's buffer still holds % x", p)
		}
	}
	if d.card != (card{}) {
		t.Error("the decoder still holds a number")
	}
}

func FuzzDecoder(f *testing.F) {
	for _, v := range vectors {
		f.Add([]byte(v.bytes), uint8(5))
	}
	f.Fuzz(func(t *testing.T, p []byte, piece uint8) {
		whole, all := run(set(""), string(p), 1<<20)
		_, cut := run(set(""), string(p), int(piece))
		if !slices.Equal(all, cut) {
			t.Errorf("in one piece %q, in pieces of %d %q", all, piece, cut)
		}
		if len(all) > len(p) || whole.stray > whole.total || whole.total != int64(len(p)) {
			t.Errorf("%d outcomes, %d stray of %d bytes, fed %d", len(all), whole.stray, whole.total, len(p))
		}
		// Whatever came before: after a pause the next frame is read.
		seen := 0
		whole.emit = func(_ time.Time, o outcome, _ kinds) {
			if o == good {
				seen++
			}
		}
		whole.feed(epoch().Add(2*away), []byte(frame("0C000621A58E", "")))
		if seen != 1 || whole.card != (card{}) {
			t.Errorf("the frame after a pause was seen %d times", seen)
		}
	})
}
