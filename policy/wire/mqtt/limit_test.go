package mqtt

import (
	"testing"

	"github.com/lensdop/lensdop/policy/wire"
)

func TestScanner(t *testing.T) {
	t.Parallel()
	big := []byte{0x30, 0xff, 0xff, 0xff, 0x7f} // 256 MB announced
	for name, c := range map[string]struct {
		stream []byte
		ok     bool
	}{
		"nothing":               {nil, true},
		"two small packets":     {[]byte{0xd0, 0, 0x40, 2, 0, 1, 0xd0, 0}, true},
		"two byte length":       {append([]byte{0x30, 0x80, 1}, make([]byte, 128)...), true},
		"huge":                  {big, false},
		"huge after a small":    {append([]byte{0x40, 2, 0, 1}, big...), false},
		"length without end":    {[]byte{0x30, 0x80, 0x80, 0x80, 0x80, 1}, false},
		"length at its limit":   {[]byte{0x30, 0x80, 0x80, 0x10}, true},
		"length over its limit": {[]byte{0x30, 0x81, 0x88, 0x10}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, step := range []int{1, 3, 1 << 20} { // however the bytes arrive
				var s scanner
				var err error
				for b := c.stream; len(b) > 0 && err == nil; {
					n := min(step, len(b))
					err = s.feed(b[:n], wire.MaxMessage+overhead)
					b = b[n:]
				}
				if (err == nil) != c.ok {
					t.Errorf("in steps of %d: %v", step, err)
				}
			}
		})
	}
}

func FuzzScanner(f *testing.F) {
	f.Add([]byte{0x30, 0xff, 0xff, 0xff, 0x7f}, byte(1))
	f.Add([]byte{0x40, 2, 0, 1, 0xd0, 0}, byte(2))
	f.Fuzz(func(t *testing.T, b []byte, at byte) {
		var whole, parts scanner
		errWhole := whole.feed(b, 1000)
		cut := min(int(at), len(b))
		err := parts.feed(b[:cut], 1000)
		if err == nil {
			err = parts.feed(b[cut:], 1000)
		}
		if (err == nil) != (errWhole == nil) {
			t.Fatalf("at once %v, in two parts %v", errWhole, err)
		}
		if err == nil && whole != parts {
			t.Fatalf("at once %+v, in two parts %+v", whole, parts)
		}
	})
}
