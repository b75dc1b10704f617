package export

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
)

// The elements of the ELAN Annotation Format 3.0, in the order of its schema,
// EAFv3.0.xsd of the Max Planck Institute for Psycholinguistics.
type (
	eafDocument struct {
		XMLName xml.Name  `xml:"ANNOTATION_DOCUMENT"`
		Author  string    `xml:"AUTHOR,attr"`
		Date    string    `xml:"DATE,attr"`
		Format  string    `xml:"FORMAT,attr"`
		Version string    `xml:"VERSION,attr"`
		XSI     string    `xml:"xmlns:xsi,attr"`
		Schema  string    `xml:"xsi:noNamespaceSchemaLocation,attr"`
		Header  eafHeader `xml:"HEADER"`
		Slots   []eafSlot `xml:"TIME_ORDER>TIME_SLOT"`
		Tiers   []eafTier `xml:"TIER"`
		Type    eafType   `xml:"LINGUISTIC_TYPE"`
	}
	eafHeader struct {
		Units      string        `xml:"TIME_UNITS,attr"`
		Media      string        `xml:"MEDIA_FILE,attr"`
		Properties []eafProperty `xml:"PROPERTY"`
	}
	eafProperty struct {
		Name  string `xml:"NAME,attr"`
		Value string `xml:",chardata"`
	}
	eafSlot struct {
		ID    string `xml:"TIME_SLOT_ID,attr"`
		Value int64  `xml:"TIME_VALUE,attr"`
	}
	eafTier struct {
		ID          string          `xml:"TIER_ID,attr"`
		Participant string          `xml:"PARTICIPANT,attr"`
		Type        string          `xml:"LINGUISTIC_TYPE_REF,attr"`
		Annotations []eafAnnotation `xml:"ANNOTATION"`
	}
	eafAnnotation struct {
		Alignable eafAlignable `xml:"ALIGNABLE_ANNOTATION"`
	}
	eafAlignable struct {
		ID    string `xml:"ANNOTATION_ID,attr"`
		From  string `xml:"TIME_SLOT_REF1,attr"`
		To    string `xml:"TIME_SLOT_REF2,attr"`
		Value string `xml:"ANNOTATION_VALUE"`
	}
	eafType struct {
		ID        string `xml:"LINGUISTIC_TYPE_ID,attr"`
		Alignable bool   `xml:"TIME_ALIGNABLE,attr"`
		Graphic   bool   `xml:"GRAPHIC_REFERENCES,attr"`
	}
)

const turnType = "turn"

// writeEAF writes an ELAN document of turns.
func writeEAF(w io.Writer, t *event.Timeline) error {
	var all []caption
	for _, c := range cues(t) {
		all = append(all, caption{c, c.name})
	}
	return writeTiers(w, all, t.Source())
}

// writeTiers writes an ELAN document with a tier for each speaker. The captions of one
// speaker do not overlap. The date of the document is the date of the sound, so that the
// same captions give the same bytes.
func writeTiers(w io.Writer, all []caption, src event.Source) error {
	doc := eafDocument{Author: src.Program, Date: src.Origin.UTC().Format(time.RFC3339), Format: "3.0", Version: "3.0",
		XSI:    "http://www.w3.org/2001/XMLSchema-instance",
		Schema: "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
		Header: eafHeader{Units: "milliseconds", Properties: []eafProperty{{"lastUsedAnnotationId", fmt.Sprint(len(all))}}},
		Type:   eafType{ID: turnType, Alignable: true}}
	var times []int64
	for _, c := range all {
		times = append(times, c.start, c.end)
	}
	slices.Sort(times)
	times = slices.Compact(times)
	slot := map[int64]string{}
	for i, ms := range times {
		slot[ms] = fmt.Sprintf("ts%d", i+1)
		doc.Slots = append(doc.Slots, eafSlot{slot[ms], ms})
	}
	tiers := map[string]int{}
	for i, c := range all {
		at, ok := tiers[c.name]
		if !ok {
			at = len(doc.Tiers)
			tiers[c.name] = at
			doc.Tiers = append(doc.Tiers, eafTier{ID: c.name, Participant: c.name, Type: turnType})
		}
		tier := &doc.Tiers[at]
		tier.Annotations = append(tier.Annotations, eafAnnotation{eafAlignable{
			ID: fmt.Sprintf("a%d", i+1), From: slot[c.start], To: slot[c.end], Value: c.text}})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
