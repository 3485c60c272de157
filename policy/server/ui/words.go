package ui

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Languages lists the languages of the pages; the first is the default.
func Languages() []string { return []string{"nl", "fr", "en"} }

type entry struct{ nl, fr, en string }

func (e entry) in(lang string) string {
	switch lang {
	case "fr":
		return e.fr
	case "en":
		return e.en
	default:
		return e.nl
	}
}

// word returns the words of a key. An unknown key shows itself, and a test
// finds it.
func word(lang, key string) string {
	if e, ok := words()[key]; ok {
		return e.in(lang)
	}
	return "[" + key + "]"
}

// words is the table of all words of pages and mails.
//
//nolint:misspell // two of the three languages are not English
func words() map[string]entry {
	return map[string]entry{
		"lang-name": {"Nederlands", "Français", "English"},
		"language":  {"Taal", "Langue", "Language"},
		"skip":      {"Naar de inhoud", "Aller au contenu", "Skip to content"},
		"product":   {"Lensdop", "Lensdop", "Lensdop"},

		"signin":             {"Aanmelden", "Se connecter", "Sign in"},
		"signout":            {"Afmelden", "Se déconnecter", "Sign out"},
		"name":               {"Naam", "Nom", "Name"},
		"password":           {"Wachtwoord", "Mot de passe", "Password"},
		"signin-wrong":       {"Naam of wachtwoord klopt niet.", "Le nom ou le mot de passe est incorrect.", "Name or password is wrong."},
		"signin-wait":        {"Te vaak mislukt. Probeer het opnieuw over %s.", "Trop de tentatives échouées. Réessayez dans %s.", "Too many failed attempts. Try again in %s."},
		"signin-none":        {"Er is nog geen account. De beheerder maakt het eerste op de server met: lensdop-server account add NAAM --role facility --site LOCATIE", "Il n'y a pas encore de compte. L'administrateur crée le premier sur le serveur avec : lensdop-server account add NOM --role facility --site SITE", "There is no account yet. The administrator adds the first one on the server with: lensdop-server account add NAME --role facility --site SITE"},
		"role-facility":      {"locatiebeheer", "responsable du site", "facility manager"},
		"role-ict":           {"ICT", "informatique", "ICT"},
		"role-dpo":           {"FG/DPO", "DPO", "DPO"},
		"role-works-council": {"ondernemingsraad", "conseil d'entreprise", "works council"},

		"nav":          {"Hoofdmenu", "Menu principal", "Main menu"},
		"overview":     {"Camera's", "Caméras", "Cameras"},
		"findings":     {"Meldingen", "Alertes", "Alerts"},
		"open-alerts":  {"open", "à traiter", "open"},
		"as-of":        {"Stand van %s", "Situation à %s", "As of %s"},
		"refreshes":    {"Deze pagina ververst zichzelf.", "Cette page s'actualise automatiquement.", "This page refreshes itself."},
		"refresh-off":  {"Verversen stoppen", "Arrêter l'actualisation", "Stop refreshing"},
		"refresh-on":   {"Zelf laten verversen", "Actualiser automatiquement", "Refresh by itself"},
		"alert-banner": {"Open meldingen: %d. Bekijk wat er is.", "Alertes ouvertes : %d. Voir de quoi il s'agit.", "Open alerts: %d. See what is wrong."},
		"mail-trouble": {"Mails die niet weg komen: %d. ICT moet de mailserver nakijken.", "E-mails non remis : %d. L'informatique doit vérifier le serveur de messagerie.", "Mails that cannot be delivered: %d. ICT must check the mail relay."},

		"gateway-up":     {"Gateway %s is verbonden", "Passerelle %s connectée", "Gateway %s is connected"},
		"gateway-silent": {"Gateway %s zwijgt sinds %s", "Passerelle %s silencieuse depuis %s", "Gateway %s has been silent since %s"},
		"gateway-never":  {"Gateway %s heeft zich nog nooit gemeld", "La passerelle %s ne s'est jamais manifestée", "Gateway %s has never been heard of"},
		"gateway-none":   {"Aan deze locatie is geen gateway gekoppeld", "Aucune passerelle n'est liée à ce site", "No gateway serves this site"},

		"cameras":    {"Camera's", "Caméras", "Cameras"},
		"no-cameras": {"Het protocol noemt hier geen camera's.", "Le protocole ne mentionne aucune caméra ici.", "The protocol names no cameras here."},
		"open":       {"Open", "Ouverte", "Open"},
		"covered":    {"Afgeplakt", "Occultée", "Covered"},
		"waiting":    {"Wordt afgeplakt", "En cours d'occultation", "Being covered"},
		"releasing":  {"Wordt vrijgegeven", "Levée en cours", "Being released"},
		"uncovered":  {"Niet afgeplakt", "Non occultée", "Not covered"},
		"zones":      {"Privacymasker niet gezien", "Masque non constaté", "Privacy mask not seen"},
		"unproven":   {"Niet aangetoond", "Non prouvé", "Unproven"},

		"say-open":       {"Niets hoeft nu te zijn afgeplakt.", "Rien ne doit être occulté maintenant.", "Nothing has to be covered now."},
		"say-open-zones": {"Open. Privacymaskers: %d, gezien in het beeld.", "Ouverte. Masques de confidentialité : %d, constatés à l'image.", "Open. Privacy masks: %d, seen in the picture."},
		"say-covered":    {"Afgeplakt sinds %s, gezien in het beeld.", "Occultée depuis %s, constaté à l'image.", "Covered since %s, seen in the picture."},
		"say-waiting":    {"Besloten. Nog niet gezien in het beeld.", "Décidé. Pas encore constaté à l'image.", "Decided. Not yet seen in the picture."},
		"say-releasing":  {"Vrijgegeven. De camera is nog afgeplakt.", "Levée décidée. La caméra est encore occultée.", "Released. The camera is still covered."},
		"say-uncovered":  {"Moet afgeplakt zijn en is het niet.", "Doit être occultée et ne l'est pas.", "Has to be covered and is not."},
		"say-zones":      {"Een privacymasker is niet in het beeld gezien.", "Un masque de confidentialité n'est pas constaté à l'image.", "A privacy mask is not seen in the picture."},
		"say-unproven":   {"Niet aangetoond.", "Non prouvé.", "Unproven."},
		"say-silent":     {"Niet aangetoond: de gateway zwijgt sinds %s.", "Non prouvé : la passerelle est silencieuse depuis %s.", "Unproven: the gateway has been silent since %s."},
		"say-never":      {"Niet aangetoond: de gateway heeft nog niets over deze camera gezegd.", "Non prouvé : la passerelle n'a encore rien dit de cette caméra.", "Unproven: the gateway has said nothing about this camera yet."},
		"last-look":      {"Laatst gekeken %s", "Dernière vérification %s", "Last looked %s"},
		"cover-until":    {"Tot %s", "Jusqu'à %s", "Until %s"},
		"cover-released": {"Tot iemand vrijgeeft", "Jusqu'à la levée par une personne", "Until a person releases"},

		"decisions":    {"Besluiten", "Décisions", "Decisions"},
		"no-decisions": {"Er geldt geen besluit.", "Aucune décision en vigueur.", "No decision is in force."},
		"active":       {"Geldt nu", "En vigueur", "In force"},
		"planned":      {"Gepland", "Prévue", "Planned"},
		"one-off":      {"Tijdelijk afplakken", "Occultation temporaire", "Temporary cover"},
		"from":         {"Van", "Du", "From"},
		"until":        {"Tot", "Au", "Until"},
		"earliest":     {"Vrijgeven kan vanaf %s", "Levée possible à partir de %s", "Can be released from %s"},
		"decided-by":   {"Besloten door %s op %s", "Décidé par %s le %s", "Decided by %s at %s"},
		"reason":       {"Reden", "Motif", "Reason"},
		"signed":       {"%d van %d vrijgaven", "%d levées sur %d", "%d of %d releases"},
		"vouched":      {"De server staat in voor deze handtekening (server-vouched).", "Signature garantie par le serveur (server-vouched).", "The server vouches for this signature (server-vouched)."},

		"cover-now":      {"Nu afplakken", "Occulter maintenant", "Cover now"},
		"cover-site":     {"Hele locatie afplakken", "Occulter tout le site", "Cover the whole site"},
		"cover-camera":   {"Camera %s afplakken", "Occulter la caméra %s", "Cover camera %s"},
		"cover-do":       {"Afplakken", "Occulter", "Cover"},
		"cover-more":     {"Langer afplakken", "Prolonger", "Cover longer"},
		"how-long":       {"Hoe lang?", "Combien de temps ?", "How long?"},
		"hours-1":        {"1 uur", "1 heure", "1 hour"},
		"hours-2":        {"2 uur", "2 heures", "2 hours"},
		"hours-4":        {"4 uur", "4 heures", "4 hours"},
		"until-time":     {"Nu tot een tijdstip", "Maintenant jusqu'à une heure", "Now until a time"},
		"from-to":        {"Van een tijdstip tot een tijdstip", "D'une heure à une autre", "From a time until a time"},
		"field-from":     {"Begin", "Début", "Begin"},
		"field-until":    {"Einde", "Fin", "End"},
		"field-day":      {"Dag", "Jour", "Day"},
		"local-time":     {"Plaatselijke tijd van deze locatie (%s).", "Heure locale de ce site (%s).", "Local time of this site (%s)."},
		"reason-help":    {"Waarom? Dit staat in het besluit en in het bewijs.", "Pourquoi ? Ceci figure dans la décision et la preuve.", "Why? This goes into the decision and the proof."},
		"limit":          {"Ten hoogste %s; langer kan alleen met een sjabloon van het protocol.", "Au plus %s ; plus longtemps uniquement avec un modèle du protocole.", "At most %s; longer only with a template of the protocol."},
		"elect":          {"Verkiezing plannen", "Prévoir une élection", "Plan an election"},
		"elect-do":       {"Plannen", "Prévoir", "Plan"},
		"template":       {"Sjabloon uit het protocol", "Modèle du protocole", "Template of the protocol"},
		"template-times": {"Afgeplakt vanaf %s; vrijgeven kan vanaf %s, en gebeurt altijd door een persoon.", "Occultée dès %s ; levée possible à partir de %s, toujours par une personne.", "Covered from %s; release is possible from %s, and always by a person."},
		"release":        {"Vrijgeven", "Lever l'occultation", "Release"},
		"release-title":  {"Camera's vrijgeven", "Lever l'occultation des caméras", "Release cameras"},
		"release-warn":   {"Na het vrijgeven zijn de camera's weer open.", "Après la levée, les caméras sont à nouveau ouvertes.", "After release the cameras are open again."},
		"declare":        {"Ik verklaar:", "Je déclare :", "I declare:"},
		"cancel":         {"Terug", "Retour", "Back"},

		"form-wrong":    {"Er klopt iets niet", "Il y a un problème", "Something is wrong"},
		"err-reason":    {"Geef een reden: zonder reden kan niet worden besloten.", "Donnez un motif : aucune décision n'est possible sans motif.", "Give a reason: nothing can be decided without one."},
		"err-long":      {"Dit is te lang. Gebruik ten hoogste 500 tekens.", "C'est trop long. Utilisez au plus 500 caractères.", "This is too long. Use at most 500 characters."},
		"err-mode":      {"Kies hoe lang.", "Choisissez la durée.", "Choose how long."},
		"err-time":      {"Vul een datum en tijd in, zoals 2026-03-18T21:00.", "Indiquez une date et une heure, par exemple 2026-03-18T21:00.", "Give a date and a time, as in 2026-03-18T21:00."},
		"err-time-gone": {"Dit tijdstip bestaat niet: de klok gaat dan een uur vooruit.", "Cette heure n'existe pas : on avance alors l'horloge d'une heure.", "This time does not exist: the clocks go forward then."},
		"err-order":     {"Het einde moet na het begin liggen.", "La fin doit suivre le début.", "The end must be after the begin."},
		"err-past":      {"Dit tijdstip is al voorbij.", "Ce moment est déjà passé.", "This time is past already."},
		"err-day":       {"Vul een dag in, zoals 2026-03-18.", "Indiquez un jour, par exemple 2026-03-18.", "Give a day, as in 2026-03-18."},
		"err-day-past":  {"Deze dag is al voorbij.", "Ce jour est déjà passé.", "This day is past already."},
		"err-limit":     {"Zo lang mag niet zonder sjabloon.", "Une telle durée n'est pas permise sans modèle.", "So long is not allowed without a template."},
		"err-template":  {"Kies een sjabloon.", "Choisissez un modèle.", "Choose a template."},
		"err-statement": {"Vink de verklaring aan: zonder die verklaring mag niet worden vrijgegeven.", "Cochez la déclaration : sans elle, la levée n'est pas permise.", "Tick the statement: without it a release is not allowed."},
		"err-early":     {"Vrijgeven kan nog niet.", "La levée n'est pas encore possible.", "It is too early to release."},
		"err-far":       {"Dit is meer dan een jaar vooruit. Kijk het jaartal na.", "C'est dans plus d'un an. Vérifiez l'année.", "This is more than a year ahead. Check the year."},
		"err-again":     {"Dit formulier is al eerder verstuurd. Kijk de gegevens na en verstuur het opnieuw als u een nieuw besluit bedoelt.", "Ce formulaire a déjà été envoyé. Vérifiez-le et renvoyez-le si vous voulez une nouvelle décision.", "This form was sent before. Check it, and send it again if you mean a new decision."},
		"err-same":      {"Voor deze dag is dit al gepland.", "C'est déjà prévu pour ce jour.", "This is planned for that day already."},
		"err-full":      {"Er gelden hier te veel besluiten: dit besluit zou de gateway niet bereiken. Geef eerst besluiten vrij, of kies een kortere reden.", "Trop de décisions sont en vigueur ici : celle-ci n'atteindrait pas la passerelle. Levez d'abord des décisions, ou donnez un motif plus court.", "Too many decisions hold here: this one would not reach the gateway. Release some first, or give a shorter reason."},
		"release-gone":  {"Dit besluit geldt niet meer of is er niet.", "Cette décision n'est plus en vigueur ou n'existe pas.", "This decision is no longer in force, or there is none."},
		"err-twice":     {"Dit is al vrijgegeven.", "L'occultation est déjà levée.", "This is released already."},
		"err-protocol":  {"Het protocol staat dit niet toe.", "Le protocole ne le permet pas.", "The protocol does not allow this."},
		"err-site":      {"Deze locatie is er niet of hoort niet bij dit account.", "Ce site n'existe pas ou n'est pas lié à ce compte.", "There is no such site, or it is not this account's."},
		"err-camera":    {"Deze camera is er niet.", "Cette caméra n'existe pas.", "There is no such camera."},
		"not-found":     {"Deze pagina is er niet.", "Cette page n'existe pas.", "There is no such page."},
		"forbidden":     {"Dit account mag dit niet.", "Ce compte ne peut pas faire cela.", "This account may not do this."},
		"broken":        {"Er ging iets mis op de server. Probeer het opnieuw; blijft het, vraag dan ICT om het logboek.", "Une erreur s'est produite sur le serveur. Réessayez ; si cela persiste, demandez le journal à l'informatique.", "Something went wrong on the server. Try again; if it stays, ask ICT for the log."},
		"cross-site":    {"Dit verzoek kwam van een andere website en is geweigerd.", "Cette demande venait d'un autre site web et a été refusée.", "This request came from another website and was refused."},

		"findings-title":    {"Meldingen en bevindingen", "Alertes et constats", "Alerts and findings"},
		"alerts":            {"Meldingen", "Alertes", "Alerts"},
		"no-alerts":         {"Geen open meldingen.", "Aucune alerte ouverte.", "No open alerts."},
		"resolved":          {"Opgelost", "Résolues", "Resolved"},
		"resolved-at":       {"Opgelost %s", "Résolue %s", "Resolved %s"},
		"all-findings":      {"Bevindingen", "Constats", "Findings"},
		"no-findings":       {"Geen bevindingen.", "Aucun constat.", "No findings."},
		"passed":            {"In orde bevonden: %d.", "Conformes : %d.", "Found in order: %d."},
		"attested-count":    {"Verklaard: %d.", "Attestés : %d.", "Attested: %d."},
		"not-asked-count":   {"Door het protocol niet gevraagd: %d.", "Non demandés par le protocole : %d.", "Not asked by the protocol: %d."},
		"undelivered-count": {"Met deze installatie niet te zeggen: %d.", "Impossibles à dire avec cette installation : %d.", "Cannot be told with this installation: %d."},

		"protocol":          {"Protocol", "Protocole", "Protocol"},
		"version":           {"versie %s", "version %s", "version %s"},
		"adopted-by":        {"Vastgesteld door %s.", "Adopté par %s.", "Adopted by %s."},
		"adopted-on":        {"Vastgesteld door %s op %s.", "Adopté par %s le %s.", "Adopted by %s on %s."},
		"protocol-document": {"Het protocol als tekst", "Le protocole en texte", "The protocol as a text"},
		"protocol-csv":      {"Bevindingen als tabel (CSV)", "Constats en tableau (CSV)", "Findings as a table (CSV)"},
		"protocol-oscal":    {"Bevindingen als OSCAL", "Constats en OSCAL", "Findings as OSCAL"},
		"group-wrong":       {"Niet in orde", "Non conforme", "Not in order"},
		"about-wrong":       {"Hier moet iemand iets doen.", "Quelqu'un doit agir.", "Somebody must act."},
		"group-unproven":    {"Niet aangetoond", "Non prouvé", "Unproven"},
		"about-unproven":    {"Niemand heeft dit aangetoond of verklaard.", "Personne ne l'a prouvé ni attesté.", "Nobody has shown or attested this."},
		"group-attested":    {"Verklaard", "Attesté", "Attested"},
		"about-attested":    {"Een mens staat hiervoor in; een machine kan het niet zien.", "Une personne s'en porte garante; une machine ne peut le voir.", "A person answers for this; a machine cannot see it."},
		"group-fine":        {"In orde", "Conforme", "In order"},
		"about-fine":        {"Nagegaan uit het protocol en uit wat de gateways melden.", "Vérifié à partir du protocole et des rapports des passerelles.", "Checked from the protocol and from what the gateways report."},
		"group-undelivered": {"Met deze installatie niet te zeggen", "Impossible à dire avec cette installation", "Cannot be told with this installation"},
		"about-undelivered": {"Niets verzamelt hiervoor de gegevens. Dit is geen goedkeuring.", "Rien ne recueille les données nécessaires. Ce n'est pas une approbation.", "Nothing gathers the facts for these. That is no approval."},
		"group-not-asked":   {"Niet gevraagd", "Non demandé", "Not asked"},
		"about-not-asked":   {"Dit protocol vraagt dit niet; de reden staat erbij.", "Ce protocole ne le demande pas; la raison est indiquée.", "This protocol does not ask for these; each says why."},
		"due":               {"vóór %s", "avant le %s", "due %s"},
		"owner":             {"Wie", "Qui", "Who"},
		"waiver":            {"Ontheffing", "Dérogation", "Waiver"},
		"waived-until":      {"Tot %s; de bevinding blijft staan en komt dan terug.", "Jusqu'au %s; le constat demeure et revient ensuite.", "Until %s; the finding stands, and is back then."},
		"conflicts":         {"Tegenstrijdigheden in het protocol", "Contradictions dans le protocole", "Conflicts in the protocol"},
		"open-points":       {"Wat het protocol openlaat", "Ce que le protocole laisse ouvert", "What the protocol leaves open"},
		"proposed":          {"Aangenomen oplossingen: niemand heeft ze besloten", "Solutions supposées: personne ne les a décidées", "Assumed resolutions: nobody decided them"},
		"settled":           {"Opgeloste tegenstrijdigheden", "Contradictions résolues", "Settled conflicts"},
		"line":              {"regel %d", "ligne %d", "line %d"},
		"what":              {"Wat", "Quoi", "What"},
		"where":             {"Waar", "Où", "Where"},
		"since":             {"Sinds", "Depuis", "Since"},
		"why":               {"Waarom het telt", "Pourquoi c'est important", "Why it matters"},
		"do":                {"Wat te doen", "Que faire", "What to do"},
		"ack":               {"Gezien", "Vu", "Acknowledge"},
		"ack-of":            {"Melding gezien: %s", "Alerte vue : %s", "Acknowledge alert: %s"},
		"acked":             {"Gezien door %s, %s", "Vu par %s, %s", "Acknowledged by %s, %s"},
		"somebody":          {"iemand", "quelqu'un", "somebody"},
		"unknown-time":      {"niet bekend", "inconnu", "not known"},
		"mails":             {"Mails die niet weg komen", "E-mails non remis", "Mails that are not delivered"},
		"mail-given-up":     {"opgegeven na %d pogingen", "abandonné après %d tentatives", "given up after %d attempts"},
		"mail-retry":        {"poging %d mislukt, volgende om %s", "tentative %d échouée, prochaine à %s", "attempt %d failed, next at %s"},

		"status-fail":           {"niet in orde", "non conforme", "fails"},
		"status-unproven":       {"niet aangetoond", "non prouvé", "unproven"},
		"status-error":          {"niet te beoordelen", "non évaluable", "cannot be judged"},
		"status-expired":        {"verlopen", "expiré", "expired"},
		"status-attested":       {"verklaard", "attesté", "attested"},
		"status-not-applicable": {"niet gevraagd", "non demandé", "not asked"},
		"status-pass":           {"in orde", "conforme", "passes"},

		"severity-critical": {"kritiek", "critique", "critical"},
		"severity-high":     {"hoog", "élevé", "high"},
		"severity-medium":   {"middel", "moyen", "medium"},
		"severity-low":      {"laag", "faible", "low"},

		"cover-title":         {"Camera niet afgeplakt", "Caméra non occultée", "Camera not covered"},
		"cover-what":          {"Camera %s moet afgeplakt zijn, maar dat is niet in het beeld gezien.", "La caméra %s doit être occultée, mais cela n'est pas constaté à l'image.", "Camera %s has to be covered, but that is not seen in the picture."},
		"cover-why":           {"Stemgeheim en privacy in speciale situaties (BLK-1; Heusden art. 5).", "Secret du vote et vie privée dans des situations spéciales (BLK-1 ; Heusden art. 5).", "Secrecy of the ballot and privacy in special situations (BLK-1; Heusden art. 5)."},
		"cover-do-it":         {"Plak de lens met de hand af en laat ICT de camera nakijken.", "Occultez l'objectif à la main et faites vérifier la caméra par l'informatique.", "Tape the lens by hand, and have ICT check the camera."},
		"agent-title":         {"Gateway zwijgt", "Passerelle silencieuse", "Gateway silent"},
		"agent-what":          {"Van gateway %s komt niets meer. Een afplakking die geldt, blijft daar gelden, maar is niet aangetoond.", "La passerelle %s ne donne plus signe de vie. Une occultation en vigueur y reste en vigueur, mais n'est pas prouvée.", "Nothing comes from gateway %s any more. A cover in force stays in force there, but is unproven."},
		"agent-why":           {"Zonder gateway is van geen enkele camera daar aangetoond wat die ziet (BLK-1, LOC-1, AUD-1).", "Sans passerelle, rien ne prouve ce que voient les caméras sur place (BLK-1, LOC-1, AUD-1).", "Without its gateway it is unproven what any camera there sees (BLK-1, LOC-1, AUD-1)."},
		"agent-do-it":         {"Kijk stroom en netwerk van de gateway na. Op een verkiezingsdag: plak de lenzen met de hand af.", "Vérifiez l'alimentation et le réseau de la passerelle. Un jour d'élection : occultez les objectifs à la main.", "Check power and network of the gateway. On an election day: tape the lenses by hand."},
		"refused-title":       {"Gateway weigert het beleid", "La passerelle refuse la politique", "Gateway refuses its policy"},
		"refused-what":        {"Gateway %s heeft het laatste beleidsdocument geweigerd en werkt door met het vorige.", "La passerelle %s a refusé le dernier document et continue avec le précédent.", "Gateway %s refused the newest policy document and goes on with the one before."},
		"refused-why":         {"Nieuwe besluiten gelden daar niet (GOV-2).", "Les nouvelles décisions n'y sont pas appliquées (GOV-2).", "New decisions do not hold there (GOV-2)."},
		"refused-do-it":       {"Laat ICT de reden nakijken: vaak is het een verkeerde sleutel van de server of een verouderde agent.", "Faites vérifier la raison par l'informatique : souvent une mauvaise clé du serveur ou un agent trop ancien.", "Have ICT look at the reason: often a wrong server key or an outdated agent."},
		"release-alert-title": {"Niemand heeft vrijgegeven", "Personne n'a levé l'occultation", "Nobody has released"},
		"release-what":        {"Besluit %s loopt nog. Het eindigt niet vanzelf.", "La décision %s est toujours en vigueur. Elle ne prend pas fin d'elle-même.", "Decision %s is still in force. It does not end by itself."},
		"release-why":         {"Camera's worden na de bijzondere situatie weer vrijgegeven (BLK-2; Heusden art. 5).", "Après la situation spéciale, l'occultation est levée (BLK-2 ; Heusden art. 5).", "Cameras are uncovered again after the special situation (BLK-2; Heusden art. 5)."},
		"release-do-it":       {"Vraag op de locatie of de ruimte leeg is, en geef dan vrij.", "Demandez sur place si le local est vide, puis levez l'occultation.", "Ask at the site whether the room is empty, then release."},
		"gap-title":           {"Gebeurtenissen ontbreken", "Événements manquants", "Events are missing"},
		"gap-what":            {"In de reeks van gateway %s ontbreken gebeurtenissen.", "Des événements manquent dans la série de la passerelle %s.", "Events are missing from the series of gateway %s."},
		"gap-why":             {"Een gat in de reeks is een gat in het bewijs (LOG-1, ACC-6).", "Une lacune dans la série est une lacune dans la preuve (LOG-1, ACC-6).", "A gap in the series is a gap in the proof (LOG-1, ACC-6)."},
		"gap-do-it":           {"Laat ICT nagaan of de gateway of de server is teruggezet uit een back-up.", "Faites vérifier par l'informatique si la passerelle ou le serveur a été restauré.", "Have ICT find out whether gateway or server was restored from a backup."},
		"double-title":        {"Gateway dubbel", "Passerelle en double", "Gateway twice"},
		"double-what":         {"Onder de naam van gateway %s komen twee verschillende verhalen binnen: het wachtwoord wordt ook elders gebruikt, of de gateway is uit een kopie teruggezet.", "Sous le nom de la passerelle %s arrivent deux historiques différents : son mot de passe est aussi utilisé ailleurs, ou elle a été restaurée d'une copie.", "Two different histories arrive under the name of gateway %s: its password is used elsewhere, too, or it was restored from a copy."},
		"double-why":          {"Wat onder deze naam is gemeld, is geen bewijs meer (LOG-1, ACC-6).", "Ce qui est rapporté sous ce nom n'est plus une preuve (LOG-1, ACC-6).", "What was reported under this name is no proof any more (LOG-1, ACC-6)."},
		"double-do-it":        {"Laat ICT nagaan of de gateway gekopieerd of gestolen is, en geef haar een nieuw wachtwoord: lensdop-server agent password.", "Faites vérifier par l'informatique si la passerelle a été copiée ou volée, et donnez-lui un nouveau mot de passe : lensdop-server agent password.", "Have ICT find out whether the gateway was copied or stolen, and give it a new password: lensdop-server agent password."},
		"gateway-says":        {"De gateway zegt: %s", "La passerelle dit : %s", "The gateway says: %s"},

		"mail-firing":    {"MELDING", "ALERTE", "ALERT"},
		"mail-resolved":  {"OPGELOST", "RÉSOLU", "RESOLVED"},
		"mail-page":      {"Alles op een pagina: %s", "Tout sur une page : %s", "Everything on one page: %s"},
		"mail-held":      {"Over deze kwestie komen veel mails. De volgende worden een uur lang niet verstuurd; de pagina toont alles.", "Cette affaire provoque beaucoup d'e-mails. Les suivants ne sont pas envoyés pendant une heure ; la page montre tout.", "There are many mails about this matter. The next are not sent for an hour; the page shows everything."},
		"mail-footer":    {"Deze mail is door Lensdop geschreven en bevat nooit beelden.", "Ce message est écrit par Lensdop et ne contient jamais d'images.", "This mail was written by Lensdop and never holds pictures."},
		"notice-cover":   {"Besluit tot afplakken", "Décision d'occultation", "Decision to cover"},
		"notice-release": {"Besluit tot vrijgeven", "Décision de lever l'occultation", "Decision to release"},
		"notice-why":     {"U krijgt dit omdat een tweede persoon elk besluit meteen moet weten.", "Vous recevez ceci parce qu'une seconde personne doit être informée sans délai de chaque décision.", "You get this because a second person must know of every decision at once."},
		"who":            {"Wie", "Qui", "Who"},
		"all-cameras":    {"alle camera's van het besluit", "toutes les caméras de la décision", "all cameras of the decision"},
	}
}

// choose picks the language of a request: its cookie, the account's, the
// browser's, the default.
func choose(r *http.Request, account string) string {
	if c, err := r.Cookie(langCookie); err == nil && slices.Contains(Languages(), c.Value) {
		return c.Value
	}
	if slices.Contains(Languages(), account) {
		return account
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
		if slices.Contains(Languages(), tag) {
			return tag
		}
	}
	return Languages()[0]
}

// clock writes an instant for people: the time, with the date unless it is today's.
func clock(lang string, t, now time.Time, loc *time.Location) string {
	if t.IsZero() {
		return word(lang, "unknown-time")
	}
	if loc == nil {
		loc = time.UTC
	}
	t, now = t.In(loc), now.In(loc)
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	months := map[string][]string{
		"nl": {"jan.", "feb.", "mrt.", "apr.", "mei", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "dec."},
		"fr": {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
		"en": {"Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"},
	}[lang]
	date := fmt.Sprintf("%d %s", t.Day(), months[t.Month()-1])
	if t.Year() != now.Year() {
		date += fmt.Sprintf(" %d", t.Year())
	}
	return date + " " + t.Format("15:04")
}

// span writes a duration for people.
func span(lang string, d time.Duration) string {
	h := map[string]string{"nl": "uur", "fr": "h", "en": "h"}[lang]
	switch {
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%d %s", d/time.Hour, h)
	case d >= time.Minute:
		return fmt.Sprintf("%d min", (d+time.Minute-1)/time.Minute)
	default:
		return fmt.Sprintf("%d s", (d+time.Second-1)/time.Second)
	}
}
