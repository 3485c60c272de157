package picture

import "testing"

// The figures are those of a black mask in an H.265 sub-stream of 320x176,
// beside the edges of a corridor.
func TestRingingInABlackMask(t *testing.T) {
	whole := []Measures{{Measured: true, Mean: 104, Sigma: 66, Median: 85, High: 245, Edges: 0.46, Lines: 0.12}}
	small := ZoneMeasures{Samples: 990, Median: 0, Sigma: 0.435, Rough: 0.171}
	if v := Masked([]ZoneMeasures{small}, whole); v.State != IsMasked {
		t.Errorf("a black mask with ringing is %+v", v)
	}
	wall := small
	wall.Median = 90
	if v := Masked([]ZoneMeasures{wall}, whole); v.State != Unknown {
		t.Errorf("a bare wall with the same grain is %+v", v)
	}
	noisy := small
	noisy.Rough = 0.6
	if v := Masked([]ZoneMeasures{noisy}, whole); v.State != Unknown {
		t.Errorf("a black zone with grain is %+v", v)
	}
}
