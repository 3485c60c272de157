package rules

import (
	"cmp"
	"slices"

	"github.com/lensdop/lensdop/policy"
)

// instants tells, under BLK-1, the windows whose times this gateway and the
// server compute otherwise: one finding for each window. What either side covers
// is covered; a window that only the server has is not, and is as grave as a
// camera that is open.
func (s *sheet) instants() {
	byWindow := map[string][]policy.Difference{}
	var order []string
	for _, d := range s.Differences {
		if byWindow[d.Window] == nil {
			order = append(order, d.Window)
		}
		byWindow[d.Window] = append(byWindow[d.Window], d)
	}
	slices.Sort(order)
	for _, window := range order {
		list := byWindow[window]
		slices.SortStableFunc(list, func(a, b policy.Difference) int {
			return cmp.Or(-cmp.Compare(gravity(a), gravity(b)), first(a).From.Compare(first(b).From), cmp.Compare(a.Camera, b.Camera))
		})
		worst := list[0]
		cameras := map[string]bool{}
		for _, d := range list {
			cameras[d.Camera] = true
		}
		f := Finding{
			Target: Target{Subject: window}, Status: Fail, Severity: High,
			Why:   Why{Article: article(s.Protocol.Blackout.Ref)},
			Title: policy.Text{NL: "Gateway en server rekenen met andere tijden", FR: "La passerelle et le serveur calculent d'autres heures", EN: "Gateway and server compute other times"},
			Remedy: policy.Text{
				NL: "Breng Lensdop en de tijdzonegegevens (tzdata) op gateway en server op dezelfde versie, en laat de server het protocol opnieuw sturen.",
				FR: "Mettez Lensdop et les données de fuseaux horaires (tzdata) à la même version sur la passerelle et le serveur, et faites renvoyer le protocole par le serveur.",
				EN: "Bring Lensdop and the time-zone data (tzdata) on gateway and server to the same version, and let the server send the protocol again.",
			},
		}
		here, there := s.span(worst.Here), s.span(worst.There)
		switch gravity(worst) {
		case onlyThere:
			f.Severity = s.rule.Severity
			f.Text = say("De server rekent op venster %s (camera %s, %s), maar deze gateway kent het zo niet en plakt er niets voor af. Camera's: %d.",
				"Le serveur compte sur la fenêtre %s (caméra %s, %s), mais cette passerelle ne la connaît pas ainsi et n'occulte rien pour elle. Caméras: %d.",
				"The server counts on window %s (camera %s, %s), but this gateway does not know it so and covers nothing for it. Cameras: %d.", window, worst.Camera, there, len(cameras))
		case onlyHere:
			f.Text = say("Deze gateway plakt af voor venster %s (camera %s, %s), maar de server rekent er niet op. Camera's: %d.",
				"Cette passerelle occulte pour la fenêtre %s (caméra %s, %s), mais le serveur n'y compte pas. Caméras: %d.",
				"This gateway covers for window %s (camera %s, %s), but the server does not count on it. Cameras: %d.", window, worst.Camera, here, len(cameras))
		default:
			f.Text = say("Venster %s van camera %s is volgens deze gateway %s en volgens de server %s. Wat een van beide afplakt wordt afgeplakt, zolang het hoogstens drie uur scheelt. Camera's: %d.",
				"La fenêtre %s de la caméra %s est selon cette passerelle %s et selon le serveur %s. Ce que l'un des deux occulte est occulté, tant que l'écart ne dépasse pas trois heures. Caméras: %d.",
				"Window %s of camera %s is %s by this gateway and %s by the server. What either covers is covered, as long as they differ by at most three hours. Cameras: %d.", window, worst.Camera, here, there, len(cameras))
		}
		f.Evidence = []Evidence{{Kind: "cover", Value: "gateway: " + here.EN + "; server: " + there.EN, Numbers: map[string]float64{"cameras": float64(len(cameras))}}}
		s.add("instants", f)
	}
}

// What is different about a window, from light to grave.
const (
	bothSides = iota
	onlyHere
	onlyThere
)

func gravity(d policy.Difference) int {
	switch {
	case d.Here.From.IsZero():
		return onlyThere
	case d.There.From.IsZero():
		return onlyHere
	default:
		return bothSides
	}
}

// first is the side of a difference that there is.
func first(d policy.Difference) policy.Interval {
	if d.Here.From.IsZero() {
		return d.There
	}
	return d.Here
}

// span says an interval in words.
func (s *sheet) span(i policy.Interval) policy.Text {
	switch {
	case i.From.IsZero():
		return policy.Text{NL: "niets", FR: "rien", EN: "nothing"}
	case i.Until.IsZero():
		return say("vanaf %s tot de vrijgave", "à partir du %s jusqu'à la levée", "from %s until a release", s.when(i.From))
	default:
		return say("van %s tot %s", "du %s au %s", "from %s to %s", s.when(i.From), s.when(i.Until))
	}
}
