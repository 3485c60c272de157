package rules

import (
	"time"

	"github.com/lensdop/lensdop/policy"
)

// uncoveredWithin is how soon a camera shows its reference view again after a
// release, where the protocol does not say.
func uncoveredWithin(p *policy.Protocol) policy.Duration {
	if p.Blackout.Restored.Within.IsZero() {
		return policy.Duration{Time: 2 * time.Hour}
	}
	return p.Blackout.Restored.Within
}

// restored is BLK-2: a camera that was released shows its reference view again
// in time. Until then nothing is held against it; not looking never passes.
func restored(s *sheet) {
	zone := s.clockZone()
	for _, c := range s.Protocol.CamerasOf(s.Site) {
		f := s.camera(c.ID)
		out := Finding{Target: Target{Camera: c.ID}, Why: Why{Article: article(s.Protocol.Blackout.Restored.Ref, s.Protocol.Blackout.Ref)}}
		if f.Ordered.Whole {
			out.Status, out.Since = NotApplicable, f.Since
			out.Text = say("Camera %s moet nu zijn afgeplakt.", "La caméra %s doit être occultée maintenant.", "Camera %s must be covered now.", c.ID)
			s.conclude("", out)
			continue
		}
		seen, known := f.Uncovered.Get()
		if f.Released.IsZero() && !f.Uncovered.IsZero() {
			out.Status = NotApplicable
			out.Text = say("Camera %s is hier nog niet vrijgegeven na een afplakperiode.", "La caméra %s n'a pas encore été libérée ici après une période d'occultation.", "Camera %s was not yet released here after a blackout window.", c.ID)
			s.conclude("", out)
			continue
		}
		due := uncoveredWithin(s.Protocol).After(f.Released.In(zone))
		released, by := localTime(f.Released, zone), localTime(due, zone)
		out.Since = f.Released
		switch {
		case !known:
			if _, ok := need(s, "", out.Target, FactRestored, f.Uncovered); !ok {
				continue
			}
		case seen:
			out.Status = Pass
			out.Text = say("Camera %s is vrijgegeven op %s en toont haar vastgelegde beeld weer.", "La caméra %s, libérée le %s, montre de nouveau sa vue de référence.", "Camera %s was released on %s and shows its reference view again.", c.ID, released)
		case !s.Now.After(due):
			out.Status, out.Due = Pass, due
			out.Text = say("Camera %s is vrijgegeven op %s; tot %s mag het duren voor zij weer open is.", "La caméra %s a été libérée le %s; elle doit être découverte au plus tard le %s.", "Camera %s was released on %s; it has until %s to be uncovered.", c.ID, released, by)
		default:
			out.Status, out.Due = Fail, due
			out.Text = say("Camera %s is vrijgegeven op %s maar toont haar vastgelegde beeld nog niet; dat moest uiterlijk %s.", "La caméra %s a été libérée le %s mais ne montre pas encore sa vue de référence; le délai allait jusqu'au %s.", "Camera %s was released on %s but does not show its reference view yet; that was due by %s.", c.ID, released, by)
		}
		s.conclude("", out)
	}
}
