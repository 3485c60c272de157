package rules

import (
	"time"

	"github.com/lensdop/lensdop/policy"
)

const (
	// noticeWithin is what "at once" means for telling a person that data about
	// them were consulted. The guideline gives no number; a day lets a night
	// shift be told in the morning.
	noticeWithin = 24 * time.Hour
	// holdWithin is what "at once" means for keeping what a person asks for:
	// long enough to enter a letter, short enough that a nightly deletion
	// seldom comes first.
	holdWithin = time.Hour
)

// lawDeadline is the time to answer any request (GDPR art. 12(3)). A protocol
// can shorten it. The two months that the article allows for complex requests
// need a message to the person, which no fact shows.
func lawDeadline() policy.Duration { return policy.Duration{Months: 1} }

// neverRefuse is the word of a right's refusal that forbids to refuse at all.
const neverRefuse = "never"

// Forms of a request.
const (
	formWritten = "written"
	formSimple  = "simple-request"
)

// told is NTF-1: an employee hears at once that data about them were
// consulted. The protocol may say that it can be deferred with a reason and an
// end, or that nobody is told (conflict 6); where it is silent, "at once" of
// the guideline holds.
func told(s *sheet) {
	list, ok := need(s, "", Target{}, FactSessions, s.Sessions)
	if !ok {
		return
	}
	staff := 0
	for _, x := range list {
		if !x.Staff {
			continue
		}
		staff++
		s.conclude("", toldOf(s, x))
	}
	if staff == 0 {
		s.conclude("", Finding{Status: Pass, Text: say(
			"Geen van de %d raadplegingen ging over een medewerker.",
			"Aucune des %d consultations ne concernait un membre du personnel.",
			"None of the %d consultations concerned an employee.", len(list))})
	}
}

func toldOf(s *sheet, x Session) Finding {
	zone := s.clockZone()
	word, ref := notifyWord(s.Protocol, x.System)
	f := Finding{Target: Target{Subject: subjectOr(x.ID, x.Start)}, Why: Why{Article: article(ref)}}
	due := x.Start.Add(noticeWithin)
	deferred := word == policy.NotifyDeferred && x.DeferReason != "" && !x.DeferredUntil.IsZero()
	if deferred {
		due = x.DeferredUntil
	}
	switch {
	case word == policy.NotifyNone:
		f.Status = NotApplicable
		f.Text = say("Het protocol zegt dat de medewerker van deze raadpleging niets hoort, anders dan de richtlijn.", "Le protocole prévoit que le membre du personnel n'est pas informé de cette consultation, contrairement à la directive.", "The protocol says that the employee is not told of this consultation, unlike the guideline.")
	case x.Start.IsZero():
		f.Status = Unproven
		f.Text = say("Wanneer deze raadpleging was, is niet vastgelegd: of de medewerker het meteen hoorde is niet aangetoond.", "La date de cette consultation n'est pas enregistrée: il n'est pas prouvé que le membre du personnel l'a su aussitôt.", "When this consultation was is not recorded: whether the employee was told at once is unproven.")
	case !x.Notified.IsZero() && !x.Notified.After(due):
		f.Status = Pass
		f.Text = say("De medewerker hoorde op %s van de raadpleging van %s.", "Le membre du personnel a appris le %s la consultation du %s.", "On %s the employee was told of the consultation of %s.", localTime(x.Notified, zone), localTime(x.Start, zone))
	case !x.Notified.IsZero():
		f.Status, f.Since = Fail, due
		f.Text = say("De medewerker hoorde pas op %s van de raadpleging van %s; dat moest uiterlijk %s.", "Le membre du personnel n'a appris que le %s la consultation du %s; le délai allait jusqu'au %s.", "Only on %s was the employee told of the consultation of %s; that was due by %s.", localTime(x.Notified, zone), localTime(x.Start, zone), localTime(due, zone))
	case !s.Now.After(due) && deferred:
		f.Status, f.Due = Pass, due
		f.Text = say("Het bericht aan de medewerker over de raadpleging van %s is met reden uitgesteld tot %s.", "L'avis au membre du personnel sur la consultation du %s est reporté, motif à l'appui, jusqu'au %s.", "Telling the employee of the consultation of %s is deferred, with a reason, until %s.", localTime(x.Start, zone), localTime(due, zone))
	case !s.Now.After(due):
		f.Status, f.Due = Pass, due
		f.Text = say("De medewerker moet uiterlijk %[2]s van de raadpleging van %[1]s horen; die tijd loopt nog.", "Le membre du personnel doit être informé de la consultation du %[1]s au plus tard le %[2]s; ce délai court encore.", "The employee is to hear of the consultation of %[1]s by %[2]s; that time still runs.", localTime(x.Start, zone), localTime(due, zone))
	default:
		f.Status, f.Since, f.Due = Fail, due, due
		f.Text = say("De medewerker heeft nog niet gehoord van de raadpleging van %s; dat moest uiterlijk %s.", "Le membre du personnel n'a pas encore été informé de la consultation du %s; le délai allait jusqu'au %s.", "The employee was not yet told of the consultation of %s; that was due by %s.", localTime(x.Start, zone), localTime(due, zone))
	}
	return f
}

// notifyWord is the strictest word of the processings that a consultation can
// be about: what the protocol does not say counts as "at once".
func notifyWord(p *policy.Protocol, system string) (word, ref string) {
	rank := map[string]int{policy.NotifyNone: 1, policy.NotifyDeferred: 2, policy.NotifyImmediate: 3}
	for _, q := range p.Processing {
		if q.Checker || system != "" && q.System != system {
			continue
		}
		w := q.Notify.When
		if rank[w] == 0 {
			w = policy.NotifyImmediate
		}
		if rank[w] > rank[word] {
			word, ref = w, q.Notify.Ref
		}
	}
	if word == "" {
		word = policy.NotifyImmediate
	}
	return word, ref
}

// sameRights is NTF-2: the employee can see or hear as much as the employer
// did. That the person used the right is their own choice; that they could is
// what must be shown.
func sameRights(s *sheet) {
	granted := Finding{Status: Pass, Text: say("Het protocol geeft medewerkers dezelfde rechten als de werkgever.", "Le protocole donne au personnel les mêmes droits qu'à l'employeur.", "The protocol gives employees the same rights as the employer.")}
	var lacking []string
	for _, q := range s.Protocol.Processing {
		if !q.Checker && !q.Notify.SameRights {
			lacking = append(lacking, q.ID)
		}
	}
	if len(lacking) > 0 {
		granted.Status = Fail
		granted.Text = say("Het protocol zegt niet dat de medewerker hetzelfde mag zien en horen als de werkgever, bij: %s.", "Le protocole ne dit pas que le membre du personnel peut voir et entendre la même chose que l'employeur, pour: %s.", "The protocol does not say that the employee may see and hear the same as the employer, for: %s.", joined(lacking))
	}
	s.conclude("protocol", granted)
	list, ok := need(s, "", Target{}, FactSessions, s.Sessions)
	if !ok {
		return
	}
	staff := 0
	for _, x := range list {
		if !x.Staff {
			continue
		}
		staff++
		f := Finding{Target: Target{Subject: subjectOr(x.ID, x.Start)}}
		switch at := localTime(x.Start, s.clockZone()); {
		case x.Mirrored:
			f.Status = Pass
			f.Text = say("De medewerker zag of hoorde hetzelfde als bij de raadpleging van %s.", "Le membre du personnel a vu ou entendu la même chose que lors de la consultation du %s.", "The employee saw or heard the same as in the consultation of %s.", at)
		case x.Notified.IsZero():
			f.Status = Fail
			f.Text = say("De medewerker weet niet van de raadpleging van %s en kon dus niet hetzelfde zien of horen.", "Le membre du personnel ignore la consultation du %s et n'a donc pas pu voir ou entendre la même chose.", "The employee does not know of the consultation of %s, so could not see or hear the same.", at)
		default:
			f.Status = Unproven
			f.Text = say("De medewerker weet van de raadpleging van %s; of hij hetzelfde kon zien of horen is niet aangetoond.", "Le membre du personnel connaît la consultation du %s; il n'est pas prouvé qu'il a pu voir ou entendre la même chose.", "The employee knows of the consultation of %s; whether they could see or hear the same is unproven.", at)
		}
		s.conclude("", f)
	}
	if staff == 0 {
		s.conclude("", Finding{Status: Pass, Text: say("Geen van de %d raadplegingen ging over een medewerker.", "Aucune des %d consultations ne concernait un membre du personnel.", "None of the %d consultations concerned an employee.", len(list))})
	}
}

// accessGranted is DSR-1. Whether a request can be refused at all is a
// parameter (conflict 9): "never" in the file or, where the file is silent, in
// the guideline; else the law lets a refusal stand that gives its reason
// (GDPR art. 12(4)).
func accessGranted(s *sheet) {
	right := s.Protocol.Rights.Access
	guideline := adopts(s.Protocol, policy.GuidelinePoliceUnion)
	never := right.Refusal == neverRefuse || right.Refusal == "" && guideline
	if guideline {
		simpleRequest(s)
	}
	list, ok := need(s, "", Target{}, FactRequests, s.Requests)
	if !ok {
		return
	}
	asked, refused := 0, 0
	for _, r := range list {
		if r.Kind != RequestAccess {
			continue
		}
		asked++
		if !r.Refused {
			continue
		}
		refused++
		f := Finding{Target: Target{Subject: subjectOr(r.ID, r.Received)}, Why: Why{Article: article(right.Ref, s.Protocol.Rights.Ref)}, Since: r.Answered}
		at := localTime(r.Received, s.clockZone())
		switch {
		case never:
			f.Status = Fail
			f.Text = say("Het inzageverzoek van %s is geweigerd; dat mag niet.", "La demande d'accès du %s a été refusée; c'est interdit.", "The access request of %s was refused; that is not allowed.", at)
		case r.Reason == "":
			f.Status = Fail
			f.Text = say("Het inzageverzoek van %s is zonder reden geweigerd.", "La demande d'accès du %s a été refusée sans motif.", "The access request of %s was refused without a reason.", at)
		default:
			f.Status = Pass
			f.Text = say("Het inzageverzoek van %s is met een reden geweigerd; dat kan volgens dit protocol.", "La demande d'accès du %s a été refusée avec un motif; ce protocole le permet.", "The access request of %s was refused with a reason; this protocol allows that.", at)
		}
		s.conclude("", f)
	}
	if refused == 0 {
		s.conclude("", Finding{Status: Pass, Text: say("Van %d inzageverzoeken is er geen geweigerd.", "Sur %d demandes d'accès, aucune n'a été refusée.", "Of %d access requests none was refused.", asked)})
	}
}

// simpleRequest compares how a request is made with the guideline, which asks
// for a simple request.
func simpleRequest(s *sheet) {
	way := s.Protocol.Rights.Channel
	f := Finding{Why: Why{Article: article(way.Ref, s.Protocol.Rights.Ref)}}
	switch way.Form {
	case formSimple:
		f.Status = Pass
		f.Text = say("Een eenvoudig verzoek volstaat om inzage te krijgen.", "Une simple demande suffit pour obtenir l'accès.", "A simple request suffices to get access.")
	case formWritten:
		f.Status = Fail
		f.Text = say("Het protocol vraagt een schriftelijk verzoek; de overgenomen richtlijn zegt dat een eenvoudig verzoek volstaat.", "Le protocole exige une demande écrite; selon la directive adoptée, une simple demande suffit.", "The protocol asks for a written request; the guideline that it adopts says that a simple one suffices.")
	default:
		f.Status = Unproven
		f.Text = say("Het protocol zegt niet hoe iemand om inzage vraagt.", "Le protocole ne dit pas comment demander l'accès.", "The protocol does not say how a person asks for access.")
	}
	s.conclude("form", f)
}

func accessInTime(s *sheet) {
	list, ok := inTime(s, RequestAccess, s.Protocol.Rights.Access)
	if !ok {
		return
	}
	for _, r := range list {
		if !r.Oldest.IsZero() && !r.Received.IsZero() {
			s.conclude("hold", rangeHeld(s, r))
		}
	}
}

func rectificationInTime(s *sheet) { inTime(s, RequestRectification, s.Protocol.Rights.Rectification) }

func erasureInTime(s *sheet) { inTime(s, RequestErasure, s.Protocol.Rights.Erasure) }

// answerDue is the last instant to answer, by the calendar of the protocol's
// time zone: after the time that the protocol gives, but never later than the law's.
func answerDue(s *sheet, right policy.Right, received time.Time) time.Time {
	received = received.In(s.clockZone())
	due := lawDeadline().After(received)
	if own := right.Deadline.After(received); !right.Deadline.IsZero() && own.Before(due) {
		due = own
	}
	return due
}

// inTime is DSR-2 to DSR-4: every request of a kind is answered in time. It
// returns the requests of the kind; false if nobody knows them.
func inTime(s *sheet, kind string, right policy.Right) ([]Request, bool) {
	list, ok := need(s, "", Target{}, FactRequests, s.Requests)
	if !ok {
		return nil, false
	}
	var mine []Request
	for _, r := range list {
		if r.Kind == kind {
			mine = append(mine, r)
			s.conclude("", answeredInTime(s, right, r))
		}
	}
	if len(mine) == 0 {
		s.conclude("", Finding{Status: Pass, Text: say("Er zijn geen zulke verzoeken.", "Il n'y a pas de telles demandes.", "There are no such requests.")})
	}
	return mine, true
}

func answeredInTime(s *sheet, right policy.Right, r Request) Finding {
	zone := s.clockZone()
	due := answerDue(s, right, r.Received)
	f := Finding{Target: Target{Subject: subjectOr(r.ID, r.Received)}, Why: Why{Article: article(right.Ref, s.Protocol.Rights.Ref)}}
	at, by := localTime(r.Received, zone), localTime(due, zone)
	switch {
	case r.Received.IsZero() || r.Received.After(s.Now) || r.Answered.After(s.Now) || !r.Answered.IsZero() && r.Answered.Before(r.Received):
		f.Status = Unproven
		f.Text = say("De data van dit verzoek kunnen niet kloppen (ontvangen %s, beantwoord %s): of het op tijd is beantwoord is niet aangetoond.", "Les dates de cette demande sont impossibles (reçue %s, réponse %s): le respect du délai n'est pas prouvé.", "The dates of this request cannot be right (received %s, answered %s): whether it was answered in time is unproven.", at, localTime(r.Answered, zone))
		f.Remedy = policy.Text{NL: "Herstel de data van het verzoek in het register.", FR: "Corrigez les dates de la demande au registre.", EN: "Correct the dates of the request in the register."}
	case !r.Answered.IsZero() && !r.Answered.After(due):
		f.Status = Pass
		f.Text = say("Het verzoek van %s is op %s beantwoord, voor %s.", "La demande du %s a reçu une réponse le %s, avant le %s.", "The request of %s was answered on %s, before %s.", at, localTime(r.Answered, zone), by)
	case !r.Answered.IsZero():
		f.Status, f.Since = Fail, due
		f.Text = say("Het verzoek van %s is pas op %s beantwoord; dat moest uiterlijk %s.", "La demande du %s n'a reçu de réponse que le %s; le délai allait jusqu'au %s.", "The request of %s was answered only on %s; that was due by %s.", at, localTime(r.Answered, zone), by)
	case !s.Now.After(due):
		f.Status, f.Due = Pass, due
		f.Text = say("Het verzoek van %s moet uiterlijk %s beantwoord zijn; die tijd loopt nog.", "La demande du %s doit recevoir une réponse au plus tard le %s; ce délai court encore.", "The request of %s is to be answered by %s; that time still runs.", at, by)
	default:
		f.Status, f.Since, f.Due = Fail, due, due
		f.Text = say("Het verzoek van %s is niet beantwoord; dat moest uiterlijk %s.", "La demande du %s est restée sans réponse; le délai allait jusqu'au %s.", "The request of %s was not answered; that was due by %s.", at, by)
	}
	return f
}

// rangeHeld is the second part of DSR-2: what a person asks for is not
// overwritten while the clock runs (conflict 13). Where the protocol holds the
// range, it is held at once; where it does not, the retention must outlast the
// time to answer.
func rangeHeld(s *sheet, r Request) Finding {
	zone := s.clockZone()
	rights := s.Protocol.Rights
	f := Finding{Target: Target{Subject: subjectOr(r.ID, r.Received)}, Why: Why{Article: article(rights.Access.Ref, rights.Ref)}}
	safe := r.Held
	if safe.IsZero() || !r.Answered.IsZero() && r.Answered.Before(safe) {
		safe = r.Answered
	}
	end := r.Received.Add(holdWithin)
	if !rights.HoldRange {
		gone, known := s.gone(r.Oldest)
		if !known {
			f.Status = Unproven
			f.Text = say("Het protocol houdt opgevraagde opnames niet vast en noemt geen bewaartermijn: of ze er bij het antwoord nog zijn is niet aangetoond.", "Le protocole ne gèle pas les images demandées et n'indique pas de durée de conservation: il n'est pas prouvé qu'elles existent encore au moment de la réponse.", "The protocol does not hold what is asked for and gives no retention: whether it is still there at the answer is unproven.")
			return f
		}
		if !gone.After(r.Received) {
			f.Status = NotApplicable
			f.Text = say("Wat gevraagd is, was bij ontvangst al over zijn bewaartermijn (tot %s).", "Ce qui est demandé avait déjà dépassé sa durée de conservation à la réception (jusqu'au %s).", "What was asked for was past its retention when the request came in (until %s).", localTime(gone, zone))
			return f
		}
		due := answerDue(s, rights.Access, r.Received)
		if gone.After(due) {
			f.Status = Pass
			f.Text = say("Het oudste beeld waar om gevraagd is blijft tot %s, langer dan de tijd om te antwoorden (%s).", "La plus ancienne image demandée reste jusqu'au %s, plus longtemps que le délai de réponse (%s).", "The oldest recording asked for stays until %s, longer than the time to answer (%s).", localTime(gone, zone), localTime(due, zone))
			return f
		}
		end = gone
	}
	switch {
	case !safe.IsZero() && !safe.After(end):
		f.Status = Pass
		f.Text = say("Wat gevraagd is, was op %s vastgehouden of al verstrekt.", "Ce qui est demandé était gelé ou déjà fourni le %s.", "What was asked for was held or handed over on %s.", localTime(safe, zone))
	case safe.IsZero() && !s.Now.After(end):
		f.Status, f.Due = Pass, end
		f.Text = say("Wat gevraagd is, moet uiterlijk %s zijn vastgehouden; die tijd loopt nog.", "Ce qui est demandé doit être gelé au plus tard le %s; ce délai court encore.", "What was asked for is to be held by %s; that time still runs.", localTime(end, zone))
	default:
		f.Status, f.Since, f.Due = Fail, r.Received, end
		f.Text = say("Wat op %s gevraagd is, was op %s nog niet vastgehouden: het kan gewist zijn voordat er antwoord is.", "Ce qui est demandé le %s n'était pas encore gelé le %s: cela peut être effacé avant la réponse.", "What was asked for on %s was not yet held on %s: it can be erased before the answer.", localTime(r.Received, zone), localTime(end, zone))
		f.Remedy = policy.Text{NL: "Houd de gevraagde periode nu vast, en ga na of zij nog volledig is.", FR: "Gelez maintenant la période demandée et vérifiez si elle est encore complète.", EN: "Hold the requested range now, and see whether it is still complete."}
	}
	return f
}

// gone is when a recording is erased at the latest safe guess: after the
// shortest retention that the protocol gives. It is false if it gives none.
func (s *sheet) gone(recorded time.Time) (time.Time, bool) {
	recorded = recorded.In(s.clockZone())
	var first time.Time
	for _, q := range s.Protocol.Processing {
		if q.Checker || q.Retention.Max.IsZero() {
			continue
		}
		if end := q.Retention.Max.After(recorded); first.IsZero() || end.Before(first) {
			first = end
		}
	}
	return first, !first.IsZero()
}

// privacyPolicy is what Publication.What calls the document that Rights.Policy names.
const privacyPolicy = "privacy-policy"

// rightsStated is DSR-5: people find their rights, with a time to answer
// that the law allows. Requests of other kinds have the law's month.
func rightsStated(s *sheet) {
	r := s.Protocol.Rights
	for _, x := range []struct {
		kind  string
		right policy.Right
	}{{RequestAccess, r.Access}, {RequestRectification, r.Rectification}, {RequestErasure, r.Erasure}} {
		f := Finding{Target: Target{Subject: x.kind}, Why: Why{Article: article(x.right.Ref, r.Ref)}}
		right := rightName(x.kind)
		switch {
		case x.right.Deadline.IsZero() && r.Policy == "":
			f.Status = Fail
			f.Text = say("Het protocol geeft voor het recht op %s geen termijn en verwijst niet naar een privacybeleid.", "Le protocole ne donne pas de délai pour le droit %s et ne renvoie pas à une politique de confidentialité.", "For the right %s the protocol gives no time to answer and points to no privacy policy.", right)
		case x.right.Deadline.IsZero():
			f.Status = Pass
			f.Text = say("Het protocol verwijst voor het recht op %s naar %s; de termijn is die van de wet (%s).", "Pour le droit %s, le protocole renvoie à %s; le délai est celui de la loi (%s).", "For the right %s the protocol points to %s; the time to answer is the law's (%s).", right, r.Policy, period(lawDeadline()))
		case x.right.Deadline.Exceeds(lawDeadline()):
			f.Status = Fail
			f.Text = say("De termijn voor het recht op %s (%s) kan langer zijn dan de wet toelaat (%s).", "Le délai pour le droit %s (%s) peut dépasser celui de la loi (%s).", "The time to answer for the right %s (%s) can be longer than the law allows (%s).", right, period(x.right.Deadline), period(lawDeadline()))
		default:
			f.Status = Pass
			f.Text = say("De termijn voor het recht op %s is volgens het protocol %s.", "Selon le protocole, le délai pour le droit %s est de %s.", "By the protocol the time to answer for the right %s is %s.", right, period(x.right.Deadline))
		}
		s.conclude("deadline", f)
	}
	rightsPublished(s)
	list, ok := need(s, "", Target{}, FactRequests, s.Requests)
	if !ok {
		return
	}
	for _, x := range list {
		if x.Kind != RequestAccess && x.Kind != RequestRectification && x.Kind != RequestErasure {
			s.conclude("", answeredInTime(s, policy.Right{}, x))
		}
	}
}

// rightName names a right in a sentence, after "the right".
func rightName(kind string) policy.Text {
	switch kind {
	case RequestAccess:
		return policy.Text{NL: "inzage", FR: "d'accès", EN: "of access"}
	case RequestRectification:
		return policy.Text{NL: "verbetering", FR: "de rectification", EN: "to rectification"}
	default:
		return policy.Text{NL: "verwijdering", FR: "d'effacement", EN: "to erasure"}
	}
}

func rightsPublished(s *sheet) {
	r := s.Protocol.Rights
	why := Why{Article: article(r.Ref)}
	if r.Policy == "" {
		s.conclude("policy", Finding{Status: NotApplicable, Why: why, Text: say("Het protocol verwijst niet naar een apart privacybeleid.", "Le protocole ne renvoie pas à une politique de confidentialité distincte.", "The protocol points to no separate privacy policy.")})
		return
	}
	list, ok := need(s, "policy", Target{}, FactPublications, s.Publications)
	if !ok {
		return
	}
	f := Finding{Status: Unproven, Why: why, Text: say("Of %s te vinden is, is niet aangetoond: niemand heeft ernaar gezocht.", "Il n'est pas prouvé que %s se trouve: personne ne l'a cherché.", "Whether %s can be found is unproven: nobody looked for it.", r.Policy)}
	var last time.Time
	for _, p := range list {
		if p.What != privacyPolicy || p.At.Before(last) {
			continue
		}
		last = p.At
		f.Evidence = []Evidence{{Kind: "publication", Value: p.Where, Collected: p.At}}
		if p.Alive {
			f.Status = Pass
			f.Text = say("%s is te vinden op %s.", "%s se trouve à l'adresse %s.", "%s is found at %s.", r.Policy, p.Where)
		} else {
			f.Status = Fail
			f.Text = say("%s is niet te vinden op %s.", "%s est introuvable à l'adresse %s.", "%s is not found at %s.", r.Policy, p.Where)
		}
	}
	s.conclude("policy", f)
}
