#include "go_asm.h"
#include "textflag.h"

// Five rows of 16 outputs, twice for a panel: the sums are Y0 to Y9, two registers a
// row. Row 0 is at P0, row 3 at P3, the others one to four strides S away from P0. H
// is the half of the panel, 0 or 64 bytes.
#define P0 R8
#define P3 R9
#define S R11
#define H R12

#define ROWS(MACRO) \
	MACRO((P0), 32(P0), Y0, Y1) \
	MACRO((P0)(S*1), 32(P0)(S*1), Y2, Y3) \
	MACRO((P0)(S*2), 32(P0)(S*2), Y4, Y5) \
	MACRO((P3), 32(P3), Y6, Y7) \
	MACRO((P0)(S*4), 32(P0)(S*4), Y8, Y9)

// POINT sets P3 from P0 and S.
#define POINT \
	LEAQ (S)(S*2), P3 \
	ADDQ P0, P3

// START begins a row's sums with the bias, in Y14 and Y15, and what is added.
#define START(LOW, HIGH, A, B) \
	VADDPS LOW, Y14, A \
	VADDPS HIGH, Y15, B

// STEP adds the products of a row's input with 16 weights, in Y14 and Y15.
#define STEP(LOW, HIGH, A, B) \
	VBROADCASTSS LOW, Y13 \
	VFMADD231PS Y14, Y13, A \
	VFMADD231PS Y15, Y13, B

// STORE writes a row, at least the floor in Y14. NaN stays NaN.
#define STORE(LOW, HIGH, A, B) \
	VMAXPS A, Y14, A \
	VMAXPS B, Y14, B \
	VMOVUPS A, LOW \
	VMOVUPS B, HIGH

// func block256(b *block)
TEXT ·block256(SB), NOSPLIT, $0-8
	MOVQ b+0(FP), DI
	XORQ H, H

half:
	MOVQ block_bias(DI), AX
	VMOVUPS (AX)(H*1), Y14
	VMOVUPS 32(AX)(H*1), Y15
	MOVQ block_add(DI), P0
	ADDQ H, P0
	MOVQ block_addStride(DI), S
	POINT
	ROWS(START)

	MOVQ block_weights(DI), BX
	ADDQ H, BX
	MOVQ block_at(DI), DX
	MOVQ block_taps(DI), SI
	MOVQ block_srcStride(DI), S

tap:
	MOVQ (DX), AX
	MOVQ block_src(DI), P0
	LEAQ (P0)(AX*4), P0
	POINT
	MOVQ block_in(DI), CX

input:
	VMOVUPS (BX), Y14
	VMOVUPS 32(BX), Y15
	ROWS(STEP)
	ADDQ $128, BX
	ADDQ $4, P0
	ADDQ $4, P3
	DECQ CX
	JNZ  input
	ADDQ $8, DX
	DECQ SI
	JNZ  tap

	VBROADCASTSS block_floor(DI), Y14
	MOVQ block_dst(DI), P0
	ADDQ H, P0
	MOVQ block_dstStride(DI), S
	POINT
	ROWS(STORE)
	ADDQ $64, H
	CMPQ H, $128
	JLT  half
	VZEROUPPER
	RET

// Both halves of one row at once.
// func row256(b *block)
TEXT ·row256(SB), NOSPLIT, $0-8
	MOVQ b+0(FP), DI
	MOVQ block_bias(DI), AX
	MOVQ block_add(DI), P0
	VMOVUPS (AX), Y0
	VMOVUPS 32(AX), Y1
	VMOVUPS 64(AX), Y2
	VMOVUPS 96(AX), Y3
	VADDPS (P0), Y0, Y0
	VADDPS 32(P0), Y1, Y1
	VADDPS 64(P0), Y2, Y2
	VADDPS 96(P0), Y3, Y3

	MOVQ block_weights(DI), BX
	MOVQ block_at(DI), DX
	MOVQ block_taps(DI), SI

tap:
	MOVQ (DX), AX
	MOVQ block_src(DI), P0
	LEAQ (P0)(AX*4), P0
	MOVQ block_in(DI), CX

input:
	VBROADCASTSS (P0), Y13
	VFMADD231PS (BX), Y13, Y0
	VFMADD231PS 32(BX), Y13, Y1
	VFMADD231PS 64(BX), Y13, Y2
	VFMADD231PS 96(BX), Y13, Y3
	ADDQ $128, BX
	ADDQ $4, P0
	DECQ CX
	JNZ  input
	ADDQ $8, DX
	DECQ SI
	JNZ  tap

	VBROADCASTSS block_floor(DI), Y14
	MOVQ block_dst(DI), P0
	STORE((P0), 32(P0), Y0, Y1)
	STORE(64(P0), 96(P0), Y2, Y3)
	VZEROUPPER
	RET

// One row of two panels: the sums are Y0 to Y7. The weights of the second panel are a
// stride S after those of the first.
#define FOUR(MACRO, P) \
	MACRO((P), 32(P), Y0, Y1) \
	MACRO(64(P), 96(P), Y2, Y3) \
	MACRO(128(P), 160(P), Y4, Y5) \
	MACRO(192(P), 224(P), Y6, Y7)

#define LOAD(LOW, HIGH, A, B) \
	VMOVUPS LOW, A \
	VMOVUPS HIGH, B

#define PLUS(LOW, HIGH, A, B) \
	VADDPS LOW, A, A \
	VADDPS HIGH, B, B

// func wide256(b *block)
TEXT ·wide256(SB), NOSPLIT, $0-8
	MOVQ b+0(FP), DI
	MOVQ block_bias(DI), AX
	FOUR(LOAD, AX)
	MOVQ block_add(DI), AX
	FOUR(PLUS, AX)

	MOVQ block_weights(DI), BX
	MOVQ block_panelStride(DI), S
	MOVQ block_at(DI), DX
	MOVQ block_taps(DI), SI

tap:
	MOVQ (DX), AX
	MOVQ block_src(DI), R9
	LEAQ (R9)(AX*4), R9
	MOVQ block_in(DI), CX

input:
	VBROADCASTSS (R9), Y13
	VFMADD231PS (BX), Y13, Y0
	VFMADD231PS 32(BX), Y13, Y1
	VFMADD231PS 64(BX), Y13, Y2
	VFMADD231PS 96(BX), Y13, Y3
	VFMADD231PS (BX)(S*1), Y13, Y4
	VFMADD231PS 32(BX)(S*1), Y13, Y5
	VFMADD231PS 64(BX)(S*1), Y13, Y6
	VFMADD231PS 96(BX)(S*1), Y13, Y7
	ADDQ $128, BX
	ADDQ $4, R9
	DECQ CX
	JNZ  input
	ADDQ $8, DX
	DECQ SI
	JNZ  tap

	VBROADCASTSS block_floor(DI), Y14
	MOVQ block_dst(DI), AX
	FOUR(STORE, AX)
	VZEROUPPER
	RET

// func scaleShift256(dst, src, scale, shift *float32, n int, floor float32)
TEXT ·scaleShift256(SB), NOSPLIT, $0-44
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ scale+16(FP), AX
	MOVQ shift+24(FP), BX
	MOVQ n+32(FP), CX
	VBROADCASTSS floor+40(FP), Y3
	XORQ DX, DX

next:
	VMOVUPS (SI)(DX*4), Y0
	VMOVUPS (BX)(DX*4), Y1
	VFMADD231PS (AX)(DX*4), Y0, Y1
	VMAXPS Y1, Y3, Y1
	VMOVUPS Y1, (DI)(DX*4)
	ADDQ $8, DX
	CMPQ DX, CX
	JLT  next
	VZEROUPPER
	RET

// func sum256(dst, src *float32, strideBytes, rows, n int)
TEXT ·sum256(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ strideBytes+16(FP), AX
	MOVQ n+32(FP), CX

columns:
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	MOVQ rows+24(FP), DX
	MOVQ SI, BX

row:
	VADDPS (BX), Y0, Y0
	VADDPS 32(BX), Y1, Y1
	ADDQ AX, BX
	DECQ DX
	JNZ  row
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ $64, SI
	ADDQ $64, DI
	SUBQ $16, CX
	JG   columns
	VZEROUPPER
	RET

// func peaks256(dst, src *float32, strideBytes int, scale, shift *float32, n int)
TEXT ·peaks256(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ strideBytes+16(FP), DX
	MOVQ scale+24(FP), AX
	MOVQ shift+32(FP), BX
	MOVQ n+40(FP), CX
	VPCMPEQD Y9, Y9, Y9
	VPSRLD $1, Y9, Y9 // all bits but the sign

next:
	VMOVUPS (AX), Y0
	VMOVUPS (BX), Y1
	VMOVAPS Y1, Y2
	VMOVAPS Y1, Y3
	VFMADD231PS (SI), Y0, Y1
	VFMADD231PS (SI)(DX*1), Y0, Y2
	VFMADD231PS (SI)(DX*2), Y0, Y3
	VANDPS Y9, Y1, Y1
	VANDPS Y9, Y2, Y2
	VANDPS Y9, Y3, Y3
	VMAXPS Y1, Y2, Y1
	VMAXPS Y1, Y3, Y1
	VMOVUPS Y1, (DI)
	ADDQ $32, AX
	ADDQ $32, BX
	ADDQ $32, SI
	ADDQ $32, DI
	SUBQ $8, CX
	JG   next
	VZEROUPPER
	RET
