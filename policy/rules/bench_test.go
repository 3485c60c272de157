package rules_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// crowd is the good site with n cameras and everything gathered of them: five
// sessions and flows for each camera, a store for every twenty, and so on. The
// other facts come from the cases that pass.
func crowd(t testing.TB, n int) rules.Facts {
	t.Helper()
	f := good(t)
	camera, known, found := f.Protocol.Cameras[cam], f.Cameras[cam], f.Found[cam]
	f.Protocol.Cameras, f.Cameras, f.Found = nil, nil, nil
	store := policy.Store{Site: site, Kind: policy.StoreRecorder, Processing: camera.Processing}
	if len(f.Protocol.Stores) > 0 {
		store = f.Protocol.Stores[0]
	}
	f.Protocol.Stores = nil
	var (
		inventory []rules.Seen
		stores    []rules.Store
		sessions  []rules.Session
		flows     []rules.Flow
		failures  []rules.Failure
		exports   []rules.Export
		cases     []rules.Case
		requests  []rules.Request
		calls     []rules.Call
		presses   []rules.Press
	)
	for i := range n {
		id := "camera-" + strconv.Itoa(i)
		c := camera
		c.ID, c.Identity.Endpoint = id, "urn:uuid:"+id
		f.Protocol.Cameras = append(f.Protocol.Cameras, c)
		k := known
		k.ID = id
		k.Services, k.Analytics, k.Recording = devices.Of(slices.Clone(c.Services)), devices.Of([]string{}), devices.Of("incident")
		k.Anonymous, k.Encrypted, k.Detail = devices.Of(false), devices.Of(true), devices.Of(20.0)
		f.Cameras = append(f.Cameras, k)
		d := found
		d.Endpoint, d.Cameras = c.Identity.Endpoint, []string{id}
		f.Found = append(f.Found, d)
		first := now.AddDate(0, -1, 0)
		inventory = append(inventory, rules.Seen{ID: id, Device: c.Identity.Endpoint, Kind: "camera", First: first, Last: now})
		failures = append(failures, rules.Failure{Camera: id, From: "10.0.0.9", At: now.Add(-time.Hour), Count: 1})
		for j := range 5 {
			at := now.Add(-time.Duration(j+1) * time.Hour)
			kase := "case-" + strconv.Itoa(i)
			sessions = append(sessions, rules.Session{
				ID: fmt.Sprintf("s-%d-%d", i, j), Who: "a", Role: "location-manager", Verb: policy.VerbPlayback, Site: site, Camera: id, System: policy.SystemCameras,
				Start: at, End: at.Add(time.Minute), RangeFrom: at.Add(-time.Hour), RangeTo: at, Case: kase, Reason: "incident", Logged: true,
			})
			flows = append(flows, rules.Flow{Camera: id, From: "10.0.0.2", At: at, Kind: "live", Relay: true, Known: true})
			if j == 0 {
				cases = append(cases, rules.Case{ID: kase, Incident: at.Add(-2 * time.Hour), Opened: at.Add(-time.Hour), Owner: "dpo", Reason: "theft", Review: now.AddDate(0, 1, 0), System: policy.SystemCameras})
				exports = append(exports, rules.Export{ID: "e-" + strconv.Itoa(i), At: at, Camera: id, System: policy.SystemCameras, Recipient: "police", Reason: "investigation", Requester: "location-manager", Case: kase, SHA256: string(document), Stamped: true})
			}
		}
		requests = append(requests, rules.Request{ID: "r-" + strconv.Itoa(i), Kind: rules.RequestAccess, Received: now.AddDate(0, 0, -3)})
		calls = append(calls, rules.Call{At: first.Add(time.Duration(i) * time.Minute), Store: "calls", Case: "case-" + strconv.Itoa(i), Announced: true})
		presses = append(presses, rules.Press{Button: "balie", At: first.Add(time.Duration(i) * time.Minute)})
		if i%20 == 0 {
			s := store
			s.ID = "store-" + strconv.Itoa(i)
			f.Protocol.Stores = append(f.Protocol.Stores, s)
			held := make([]rules.HeldItem, 20)
			for j := range held {
				held[j] = rules.HeldItem{Recorded: now.AddDate(0, -2, 0), Case: "case-" + strconv.Itoa(i+j)}
			}
			stores = append(stores, rules.Store{ID: s.ID, Oldest: devices.Of(now.AddDate(0, 0, -3)), MaxRetention: devices.Of(28 * 24 * time.Hour), Empty: devices.Of(false), Encrypted: devices.Of(true), OpenShare: devices.Of(false), Held: held})
		}
	}
	f.Gathered = rules.Gathered{
		Inventory: devices.Of(inventory), Stores: devices.Of(stores), Sessions: devices.Of(sessions), Flows: devices.Of(flows), Failures: devices.Of(failures),
		Exports: devices.Of(exports), Cases: devices.Of(cases), Requests: devices.Of(requests), Calls: devices.Of(calls), Presses: devices.Of(presses),
		TestCalls: devices.Of([]rules.TestCall{}), Signs: devices.Of([]rules.SignSeen{}), Notices: devices.Of([]rules.NoticeGiven{}),
		Publications: devices.Of([]rules.Publication{}), Holders: devices.Of([]rules.Holder{}), Reports: devices.Of([]rules.Report{}),
		Agents: devices.Of([]rules.AgentVersion{}), Attestations: devices.Of([]rules.Declared{}),
	}
	for _, id := range []string{policy.GuidelinePoliceUnion, policy.GuidelineHR, policy.GuidelineWorksCouncil} {
		f.Protocol.Guidelines = append(f.Protocol.Guidelines, policy.Guideline{ID: id})
	}
	return f
}

// BenchmarkEvaluate judges all rules for a site, and for the protocol as a
// whole. The time per camera is what must not grow with the site.
func BenchmarkEvaluate(b *testing.B) {
	for _, scope := range []string{site, ""} {
		for _, n := range []int{100, 200, 500, 1000} {
			name := "protocol"
			if scope != "" {
				name = "site"
			}
			b.Run(fmt.Sprintf("%s/cameras=%d", name, n), func(b *testing.B) {
				f := crowd(b, n)
				f.Site = scope
				b.ReportAllocs()
				for b.Loop() {
					rules.Evaluate(f)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/camera")
			})
		}
	}
}

// A site of four times the cameras needs not much more than four times as many
// allocations: sorting takes some more, and a rule that builds a list anew for
// each camera sixteen times as many. How the time grows the benchmark shows.
func TestEvaluateGrowsLinearly(t *testing.T) {
	for _, scope := range []string{site, ""} {
		needs := func(n int) float64 {
			f := crowd(t, n)
			f.Site = scope
			return testing.AllocsPerRun(1, func() {
				if len(rules.Evaluate(f)) == 0 {
					t.Fatal("no findings")
				}
			})
		}
		small, large := needs(100), needs(400)
		if large > 8*small {
			t.Errorf("scope %q: 100 cameras need %.0f allocations, 400 need %.0f", scope, small, large)
		}
	}
}
