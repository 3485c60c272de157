package badge

import (
	"context"
	"errors"
	"time"
)

// Examination is what listening to an unknown line showed: counts and kinds,
// never a card number.
type Examination struct {
	// ListenedMS is how long was listened, in milliseconds.
	ListenedMS int64 `json:"listened_ms"`
	// Bytes that arrived, and of those the ones that belong to no frame.
	Bytes      int64 `json:"bytes"`
	NoiseBytes int64 `json:"noise_bytes"`
	// Frames lists the kinds that frames were seen of. A frame that may be of
	// several kinds counts for each of them.
	Frames []Count `json:"frames"`
	// Unrecognised counts broken frames whose kind cannot be told.
	Unrecognised int `json:"unrecognised"`
	// Badges counts presentations: repeats of a card that stays count once.
	Badges int `json:"badges"`
	// Verdict is what the counts mean.
	Verdict Verdict `json:"verdict"`
}

// Count is how often frames of one kind were seen.
type Count struct {
	Frame string `json:"frame"`
	Good  int    `json:"good"` // whole, checksum right where there is one; repeats included
	Bad   int    `json:"bad"`
}

// Verdict is what listening to a line showed.
type Verdict string

// The verdicts. None of them says that a line is safe: a line on which nobody
// presented a badge is silent as well.
const (
	// Silent: not one byte arrived.
	Silent Verdict = "silent"
	// Garbage: bytes but no whole frame: another speed, another protocol, or
	// a broken line.
	Garbage Verdict = "garbage"
	// Plain: card numbers cross the line unencrypted. Every kind that this
	// package reads does so.
	Plain Verdict = "plain"
)

// Examine listens to a line of which nothing is known, for the given time or
// until ctx ends, which is no error. It sends nothing. port names the line in
// errors. What was counted until then is returned beside an error, too.
func Examine(ctx context.Context, port string, line Line, listenFor time.Duration) (Examination, error) {
	ctx, cancel := context.WithTimeout(ctx, listenFor)
	defer cancel()
	var (
		x      Examination
		counts [4]Count
	)
	d := newDecoder(set(""), func(_ time.Time, o outcome, k kinds) {
		if o == good {
			x.Badges++
		}
		if o == bad && k == 0 {
			x.Unrecognised++
		}
		for i := range counts {
			switch {
			case k&(1<<i) == 0:
			case o == bad:
				counts[i].Bad++
			default:
				counts[i].Good++
			}
		}
	})
	start := time.Now()
	err := listen(ctx, line, port, d)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil
	}
	x.ListenedMS = time.Since(start).Milliseconds()
	x.Bytes, x.NoiseBytes = d.total, d.stray
	x.Frames = []Count{}
	x.Verdict = Silent
	if x.Bytes > 0 {
		x.Verdict = Garbage
	}
	for i, name := range Frames() {
		if c := counts[i]; c.Good+c.Bad > 0 {
			c.Frame = name
			x.Frames = append(x.Frames, c)
			if c.Good > 0 {
				x.Verdict = Plain
			}
		}
	}
	return x, err
}
