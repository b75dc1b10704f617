// Package natsaudio carries sound over NATS, so that the machine with the
// microphone and the machine that diarizes can be two.
//
// A [Packet] is a few hundredths of a second of sound. The payload of its message is samples or one Opus packet,
// and the headers describe it. Each packet states its number and its position in the stream's samples, so that a
// receiver knows what was lost and where the rest belongs. A [Sender] publishes packets. A [Source] reads them
// from a subject, live or from JetStream, puts them in order, and yields blocks in which lost sound is a gap.
// docs/ingest.md is the contract in prose.
package natsaudio
