package policy

import (
	"fmt"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// busy is a site of n cameras with 50 decisions and 5 recurring windows in a year.
func busy(b *testing.B, n int) Policy {
	b.Helper()
	p := town(b, zone(b, "Europe/Amsterdam"))
	p.Cameras = nil
	for i := range n {
		p.Cameras = append(p.Cameras, Camera{ID: fmt.Sprintf("cam-%d", i), Site: "hall", Sees: []string{"lobby", "room"}, Masks: []Mask{{ID: "m", Polygon: devices.FullZone("").Polygon}}})
	}
	for i, rule := range []string{"FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SA,SU", "FREQ=MONTHLY;BYDAY=2TU", "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=27", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"} {
		p.Blackout.Windows = append(p.Blackout.Windows, Recurring{ID: fmt.Sprintf("w%d", i), Rule: rule, First: civil(b, "2016-01-01"), From: "22:00", Until: "06:00"})
	}
	pol := Policy{Protocol: p}
	for i := range 50 {
		day := civil(b, "2026-01-03").AddDays(7 * i)
		d, err := p.Election("election", "hall", day, fmt.Sprintf("d%d", i), "p", "manager", moment(b, "2026-01-01T00:00:00Z"))
		if err != nil {
			b.Fatal(err)
		}
		pol.Decisions = append(pol.Decisions, d)
		pol.Releases = append(pol.Releases, Release{ID: "r" + d.ID, Decision: d.ID, At: d.EarliestRelease, By: "p", Role: "manager"})
	}
	return pol
}

func sizes() []int { return []int{100, 200, 500, 1000} }

// perCamera reports what a round over all cameras costs for each.
func perCamera(b *testing.B, n int) {
	b.Helper()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/camera")
}

// BenchmarkCoverAt asks CoverAt of every camera once, at an instant without a
// window, of a plan that is made beforehand.
func BenchmarkCoverAt(b *testing.B) {
	for _, n := range sizes() {
		plan, cameras := busy(b, n).Plan(), busy(b, n).Protocol.Cameras
		at := moment(b, "2026-11-18T12:00:00Z")
		b.Run(fmt.Sprintf("cameras=%d", n), func(b *testing.B) {
			for b.Loop() {
				for i := range cameras {
					if c := plan.CoverAt(cameras[i].ID, at); c.Whole || len(c.Zones) != 1 {
						b.Fatal("covered")
					}
				}
			}
			perCamera(b, n)
		})
	}
}

// BenchmarkNextChange asks NextChange of every camera once.
func BenchmarkNextChange(b *testing.B) {
	for _, n := range sizes() {
		plan, cameras := busy(b, n).Plan(), busy(b, n).Protocol.Cameras
		at := moment(b, "2026-11-18T12:00:00Z")
		b.Run(fmt.Sprintf("cameras=%d", n), func(b *testing.B) {
			for b.Loop() {
				for i := range cameras {
					if _, ok := plan.NextChange(cameras[i].ID, at); !ok {
						b.Fatal("nothing changes")
					}
				}
			}
			perCamera(b, n)
		})
	}
}

// BenchmarkPlan makes the plan.
func BenchmarkPlan(b *testing.B) {
	for _, n := range sizes() {
		pol := busy(b, n)
		b.Run(fmt.Sprintf("cameras=%d", n), func(b *testing.B) {
			for b.Loop() {
				if len(pol.Plan().lanes) != n {
					b.Fatal("cameras are missing")
				}
			}
			perCamera(b, n)
		})
	}
}

// BenchmarkPlanOfBothSides makes it when the other side computed a fortnight
// with other time-zone data.
func BenchmarkPlanOfBothSides(b *testing.B) {
	for _, n := range sizes() {
		pol := busy(b, n)
		from := moment(b, "2026-11-18T12:00:00Z")
		pol.Elsewhere = pol.Computed(from, from.AddDate(0, 0, 14))
		for i := range pol.Elsewhere {
			pol.Elsewhere[i].From = pol.Elsewhere[i].From.Add(-time.Hour)
		}
		b.Run(fmt.Sprintf("cameras=%d", n), func(b *testing.B) {
			for b.Loop() {
				if len(pol.Plan().lanes) != n {
					b.Fatal("cameras are missing")
				}
			}
			perCamera(b, n)
		})
	}
}

// BenchmarkAgenda lists a year of windows.
func BenchmarkAgenda(b *testing.B) {
	for _, n := range sizes() {
		pol := busy(b, n)
		from := moment(b, "2026-01-01T00:00:00Z")
		b.Run(fmt.Sprintf("cameras=%d", n), func(b *testing.B) {
			for b.Loop() {
				if len(pol.Agenda("hall", from, from.AddDate(1, 0, 0))) < 400 {
					b.Fatal("windows are missing")
				}
			}
			perCamera(b, n)
		})
	}
}

// BenchmarkOneCamera asks a Policy without a plan, as one keeper of one camera does.
func BenchmarkOneCamera(b *testing.B) {
	for _, n := range sizes() {
		pol := busy(b, n)
		at := moment(b, "2026-11-18T12:00:00Z")
		b.Run(fmt.Sprintf("cameras=%d", n), func(b *testing.B) {
			for b.Loop() {
				if pol.CoverAt("cam-50", at).Whole {
					b.Fatal("covered")
				}
			}
		})
	}
}
