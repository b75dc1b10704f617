// Package online follows the speakers of one stream. It makes a pair <d, D⁻¹> of each
// utterance, scores the pair against the speakers known so far with the closed-form
// utterance comparison model (Jeon, Ma & Macho, ICASSP 2011), and puts the utterance into
// a turn. When more is known, it revises its decisions. Decisions and revisions are
// events.
package online
