package rules

import (
	"github.com/lensdop/lensdop/policy"
)

// words says in each language why something is not known or is judged so. The
// reasons that Lensdop itself gives are translated; what a device, a network or
// a program said is quoted as it came.
func words(why string) policy.Text {
	switch why {
	case "", unstated:
		return unknown()
	case whyNotAsked:
		return policy.Text{NL: "niet gevraagd", FR: "pas demandé", EN: why}
	case whyNotSupported:
		return policy.Text{NL: "het apparaat kent dit niet", FR: "l'appareil ne connaît pas cela", EN: why}
	case whyNotFound:
		return policy.Text{NL: "geen zoektocht vond haar", FR: "aucune recherche ne l'a trouvée", EN: why}
	case whySilent:
		return policy.Text{NL: "zij antwoordt niet", FR: "elle ne répond pas", EN: why}
	case whyRefused:
		return policy.Text{NL: "zij weigert de aanmelding", FR: "elle refuse la connexion", EN: why}
	case whyNotSought:
		return policy.Text{NL: "nog niet gezocht", FR: "pas encore recherchée", EN: why}
	case whyNotSearched:
		return policy.Text{NL: "nog niet doorzocht", FR: "pas encore parcouru", EN: why}
	case whySearchFailed:
		return policy.Text{NL: "de zoektocht mislukte", FR: "la recherche a échoué", EN: why}
	case whyNoPath:
		return policy.Text{NL: "geen enkel pad is bekeken", FR: "aucun flux n'a été examiné", EN: why}
	case whyPathsUnknown:
		return policy.Text{NL: "het apparaat zei niet welke paden het heeft", FR: "l'appareil n'a pas dit quels flux il a", EN: why}
	case whyNotLooked:
		return policy.Text{NL: "nog niet bekeken", FR: "pas encore examiné", EN: why}
	case whySoundTrack:
		return policy.Text{NL: "de stream heeft een geluidsspoor", FR: "le flux contient une piste sonore", EN: why}
	case whySoundSet:
		return policy.Text{NL: "volgens de instellingen van het apparaat zit er geluid op", FR: "les réglages de l'appareil y mettent du son", EN: why}
	case whyNoVersion:
		return policy.Text{NL: "het apparaat geeft een lege versie", FR: "l'appareil indique une version vide", EN: why}
	case whyNoFrame:
		return policy.Text{NL: "er is geen geheel bericht gelezen", FR: "aucune trame complète n'a été lue", EN: why}
	case WhyUnclaimed:
		return policy.Text{NL: "er loopt een opname die niet zegt van welke lens zij is", FR: "un enregistrement est en cours sans indiquer de quel objectif il provient", EN: why}
	case WhyNoBounds:
		return policy.Text{NL: "de notitie zegt niet welke versies het hebben", FR: "la note ne dit pas quelles versions sont touchées", EN: why}
	case textMatches:
		return policy.Text{NL: "klopt", FR: "concorde", EN: why}
	case textElsewhere:
		return policy.Text{NL: "noemt een andere plaats", FR: "indique un autre lieu", EN: why}
	case textNone:
		return policy.Text{NL: "geen", FR: "aucun", EN: why}
	case string(ViewSame):
		return policy.Text{NL: "hetzelfde", FR: "identique", EN: why}
	case string(ViewMoved):
		return policy.Text{NL: "verschoven", FR: "déplacée", EN: why}
	case string(ViewUnknown):
		return unknown()
	default:
		return policy.Text{NL: `"` + why + `"`, FR: `"` + why + `"`, EN: `"` + why + `"`}
	}
}

// The reasons that Lensdop itself gives, as evidence holds them. The first two
// are those of devices.Value.Why.
const (
	whyNotAsked     = "not asked"
	whyNotSupported = "not supported by the device"
	whyNotFound     = "no search found it"
	whySilent       = "it does not answer"
	whyRefused      = "it refuses the login"
	whyNotSought    = "not looked for yet"
	whyNotSearched  = "not searched yet"
	whySearchFailed = "the search failed"
	whyNoPath       = "no path was looked at"
	whyPathsUnknown = "the device did not say which paths it has"
	whyNotLooked    = "not looked at yet"
	whySoundTrack   = "the stream has a sound track"
	whySoundSet     = "the device's settings put sound on it"
	whyNoFrame      = "no whole frame was read"
	whyNoVersion    = "the device gives an empty version"
)

// The reasons that the gateway gives for facts that it works out itself.
const (
	WhyNotAsked  = whyNotAsked
	WhyUnclaimed = "a recording goes on that does not say of which lens it is"
	WhyNoBounds  = "the note does not say which versions have it"
)

// factName names a group of facts for people.
func factName(f Fact) policy.Text {
	switch f {
	case FactProtocol:
		return policy.Text{NL: "protocol", FR: "protocole", EN: "protocol"}
	case FactClock:
		return policy.Text{NL: "klok", FR: "horloge", EN: "clock"}
	case FactScan:
		return policy.Text{NL: "zoektocht op het netwerk", FR: "recherche sur le réseau", EN: "search of the network"}
	case FactDevice:
		return policy.Text{NL: "apparaat", FR: "appareil", EN: "device"}
	case FactPlace:
		return policy.Text{NL: "plaats op het netwerk", FR: "place sur le réseau", EN: "place on the network"}
	case FactStream:
		return policy.Text{NL: "stream", FR: "flux", EN: "stream"}
	case FactView:
		return policy.Text{NL: "vastgelegd beeld", FR: "vue de référence", EN: "reference view"}
	case FactMask:
		return policy.Text{NL: "maskers", FR: "masques", EN: "masks"}
	case FactCover:
		return policy.Text{NL: "afplakking", FR: "occultation", EN: "covering"}
	case FactRestored:
		return policy.Text{NL: "beeld na de vrijgave", FR: "vue après la levée", EN: "view after the release"}
	case FactDetail:
		return policy.Text{NL: "detail van het beeld", FR: "détail de l'image", EN: "detail of the picture"}
	case FactServices:
		return policy.Text{NL: "diensten van het apparaat", FR: "services de l'appareil", EN: "services of the device"}
	case FactAnalytics:
		return policy.Text{NL: "beeldanalyse", FR: "analyse d'image", EN: "analytics"}
	case FactRecording:
		return policy.Text{NL: "opname", FR: "enregistrement", EN: "recording"}
	case FactNotes:
		return policy.Text{NL: "notities over firmware", FR: "notes sur les micrologiciels", EN: "notes on firmware"}
	case FactReader:
		return policy.Text{NL: "badgelezers", FR: "lecteurs de badge", EN: "badge readers"}
	case FactInventory:
		return policy.Text{NL: "inventaris", FR: "inventaire", EN: "inventory"}
	case FactStores:
		return policy.Text{NL: "opslag", FR: "stockage", EN: "stores"}
	case FactSessions:
		return policy.Text{NL: "toegangslogboek", FR: "journal des accès", EN: "access log"}
	case FactFlows:
		return policy.Text{NL: "streams langs de gateway", FR: "flux passant par la passerelle", EN: "streams that pass the gateway"}
	case FactFailures:
		return policy.Text{NL: "geweigerde aanmeldingen", FR: "connexions refusées", EN: "refused logins"}
	case FactExports:
		return policy.Text{NL: "logboek van overdrachten", FR: "journal des remises", EN: "log of handovers"}
	case FactCases:
		return policy.Text{NL: "register van incidenten", FR: "registre des incidents", EN: "register of cases"}
	case FactRequests:
		return policy.Text{NL: "register van verzoeken", FR: "registre des demandes", EN: "register of requests"}
	case FactCalls:
		return policy.Text{NL: "opgenomen gesprekken", FR: "conversations enregistrées", EN: "recorded calls"}
	case FactTestCalls:
		return policy.Text{NL: "proefgesprekken", FR: "appels d'essai", EN: "test calls"}
	case FactSigns:
		return policy.Text{NL: "gezien worden van de borden", FR: "observation des panneaux", EN: "sightings of signs"}
	case FactNotices:
		return policy.Text{NL: "register van mededelingen", FR: "registre des avis", EN: "register of notices"}
	case FactPublications:
		return policy.Text{NL: "publicaties", FR: "publications", EN: "publications"}
	case FactHolders:
		return policy.Text{NL: "dragers van de rollen", FR: "titulaires des rôles", EN: "holders of roles"}
	case FactReports:
		return policy.Text{NL: "register van jaarverslagen", FR: "registre des rapports annuels", EN: "register of yearly reports"}
	case FactAgents:
		return policy.Text{NL: "versies van de gateways", FR: "versions des passerelles", EN: "versions of the gateways"}
	case FactOccasions:
		return policy.Text{NL: "lijst van stemlokalen en andere gelegenheden", FR: "liste des locaux de vote et autres occasions", EN: "list of polling places and other occasions"}
	case FactAttestations:
		return policy.Text{NL: "verklaringen", FR: "attestations", EN: "attestations"}
	default:
		return policy.Text{NL: string(f), FR: string(f), EN: string(f)}
	}
}
