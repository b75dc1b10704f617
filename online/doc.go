// Package online follows the speakers of one stream: each utterance becomes a
// <d, D⁻¹>, is scored against the speakers known so far with the closed-form
// utterance comparison model (Jeon, Ma & Macho, ICASSP 2011), and ends up in a
// turn. Decisions are revised, as events, when more is known.
package online
