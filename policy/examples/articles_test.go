package examples_test

import "fmt"

// A document is one of the seeds that an example must be complete against: the
// labels of all its articles, headings and bullets, in its own order.
type document struct {
	file     string
	articles []string
}

func numbered(heading string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s %d", heading, i+1)
	}
	return list
}

func joined(lists ...[]string) []string {
	var out []string
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// documents lists what README.md must have a row for.
func documents() []document {
	return []document{
		{"heusden.yaml", []string{
			"Besluit",
			"Doel, cameratoezicht", "Doel, gesprekken", "Doel, protocol",
			"Art. 1",
			"Art. 2, gemeentehuis", "Art. 2, Die Heijgrave", "Art. 2, Dillenburcht", "Art. 2, frontoffice", "Art. 2, milieustraat", "Art. 2, klantcontactcentrum",
			"Art. 3.1", "Art. 3.2",
			"Art. 4.1", "Art. 4.2", "Art. 4.3",
			"Art. 5", "Art. 6",
			"Art. 7.1", "Art. 7.2", "Art. 7.3",
			"Art. 8", "Art. 9", "Art. 10", "Art. 11",
			"Ondertekening",
		}},
		{"oostrozebeke.yaml", joined([]string{
			"Besluit", "Aanleiding",
			"Feiten, camera's", "Feiten, persoonlijke levenssfeer", "Feiten, DPO", "Feiten, uurroosters", "Feiten, aanplakking", "Feiten, overlegcomité",
			"Financiële impact", "Juridische overwegingen",
			"Artikel 1",
			"Inleiding, camera's", "Inleiding, pictogrammen", "Inleiding, camerawet en CAO 68", "Inleiding, wetgeving",
			"Basisprincipes", "Toepassingsmodaliteiten",
			"Finaliteit, doeleinden", "Finaliteit, bewijs", "Finaliteit, niet gebruikt",
			"Proportionaliteit, aanwenden", "Proportionaliteit, levenssfeer", "Proportionaliteit, controle van de arbeid", "Proportionaliteit, toegang", "Proportionaliteit, onbevoegden",
			"Subsidiariteit",
		}, numbered("Transparantie", 5), []string{
			"Inzage", "Verbetering", "Verwijdering",
			"Bewaartermijnen",
			"Toegangsbeheer, servers", "Toegangsbeheer, ontvangers", "Toegangsbeheer, onbevoegden",
		}, numbered("Dienst bevoegd", 3), []string{
			"Interne procedure, gronden", "Interne procedure, verzoek", "Interne procedure, log",
			"Functies, wie", "Functies, discretieplicht",
			"Contactgegevens",
			"Artikel 2", "Artikel 3", "Artikel 4", "Artikel 5", "Artikel 6",
		})},
		{"police-zone.yaml", joined(
			[]string{"Titel", "Algemeen advies"},
			numbered("Algemene opmerkingen", 6),
			numbered("Aandachtspunten", 10),
			numbered("Praktische invulling", 15),
			numbered("Voorbeelden", 7),
			numbered("Actieplan", 2),
			[]string{"ATO-tool"},
		)},
		{"small-office.yaml", joined(
			[]string{"HR: Inleiding"},
			numbered("HR: Camera-opnamen", 7),
			numbered("HR: Telefoongesprekken", 5),
			numbered("HR: Personeelsvolgsystemen", 5),
			[]string{"HR: Producttips", "OR: Inleiding", "OR: Big brother", "OR: Hoge uitzondering", "OR: Taak, instemming"},
			numbered("OR: Taak", 4),
			[]string{"OR: Voorbeeld", "OR: Standaard monitoren", "OR: Overlegagenda", "OR: Links"},
		)},
	}
}
