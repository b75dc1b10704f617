#include "textflag.h"

// The numbers of cellNumbers are at AX, 32 bytes each; Y15 is 0, Y14 is 1.

// EXP takes x in X and leaves p in P and scale in S, as exponential does. U is scratch.
#define EXP(X, P, S, U) \
	VMULPS (AX), X, S \
	VADDPS 32(AX), S, S \
	VSUBPS 32(AX), S, P \
	VPSLLD $23, S, S \
	VPADDD Y14, S, S \
	VMULPS 64(AX), P, U \
	VSUBPS U, X, X \
	VMULPS 96(AX), P, U \
	VSUBPS U, X, X \
	VMULPS 128(AX), X, P \
	VADDPS 160(AX), P, P \
	VMULPS X, P, P \
	VADDPS 192(AX), P, P \
	VMULPS X, P, P \
	VADDPS 224(AX), P, P \
	VMULPS X, P, P \
	VADDPS 256(AX), P, P \
	VMULPS X, P, P \
	VADDPS 288(AX), P, P \
	VMULPS X, P, P \
	VADDPS Y14, P, P \
	VMULPS X, P, P

#define SIGMOID(X, P, S, U) \
	VMAXPS 384(AX), X, X \
	VMINPS 352(AX), X, X \
	VSUBPS X, Y15, X \
	EXP(X, P, S, U) \
	VMULPS S, P, P \
	VADDPS S, P, P \
	VADDPS Y14, P, P \
	VDIVPS P, Y14, X

#define TANH(X, P, S, U) \
	VADDPS X, X, X \
	VMAXPS 448(AX), X, X \
	VMINPS 416(AX), X, X \
	EXP(X, P, S, U) \
	VMULPS S, P, P \
	VSUBPS Y14, S, S \
	VADDPS P, S, S \
	VADDPS 480(AX), S, P \
	VDIVPS P, S, X

// func cells256(h, c, gates *float32, numbers *[16][8]float32, n int)
TEXT ·cells256(SB), NOSPLIT, $0-40
	MOVQ h+0(FP), DI
	MOVQ c+8(FP), SI
	MOVQ gates+16(FP), R8
	MOVQ n+32(FP), CX
	MOVQ numbers+24(FP), AX
	VMOVUPS 320(AX), Y14
	VXORPS Y15, Y15, Y15
	LEAQ (R8)(CX*4), R9
	LEAQ (R9)(CX*4), R10
	LEAQ (R10)(CX*4), R11
	XORQ DX, DX

next:
	VMOVUPS (R8)(DX*4), Y0
	VMOVUPS (R9)(DX*4), Y1
	VMOVUPS (R10)(DX*4), Y2
	VMOVUPS (R11)(DX*4), Y3
	SIGMOID(Y0, Y4, Y5, Y6)
	SIGMOID(Y1, Y7, Y8, Y9)
	TANH(Y2, Y10, Y11, Y12)
	SIGMOID(Y3, Y4, Y5, Y6)
	VMULPS (SI)(DX*4), Y1, Y1
	VMULPS Y2, Y0, Y0
	VADDPS Y0, Y1, Y1
	VMOVUPS Y1, (SI)(DX*4)
	TANH(Y1, Y7, Y8, Y9)
	VMULPS Y1, Y3, Y3
	VMOVUPS Y3, (DI)(DX*4)
	ADDQ $8, DX
	CMPQ DX, CX
	JLT  next
	VZEROUPPER
	RET
