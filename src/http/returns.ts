import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { type ErrorCode, ERRORS } from '../errors.js';

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: 'A sentence for people. It may change.' }),
    code: z.string().meta({ description: 'Stable: branch on this.' }),
    errors: z.record(z.string(), z.array(z.string())).optional(),
  })
  .meta({
    id: 'Problem',
    description: 'RFC 9457 problem details.',
    examples: [
      {
        type: 'about:blank',
        title: 'Unauthorized',
        status: 401,
        detail: ERRORS.token_expired.detail,
        code: 'token_expired',
      },
    ],
  });

/** Says what a handler answers: the status, for the wire and the document, and the shape of the body. */
export const Returns = (status: number, description: string, schema?: z.ZodType) =>
  applyDecorators(
    HttpCode(status),
    ApiResponse({ status, description, ...(schema && { standardSchema: schema }) }),
  );

/** Lists the codes a handler may refuse with, by status. */
export function Refuses(...codes: ErrorCode[]) {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes)
    byStatus.set(ERRORS[code].status, [...(byStatus.get(ERRORS[code].status) ?? []), code]);
  return applyDecorators(
    ...[...byStatus].map(([status, listed]) =>
      ApiResponse({
        status,
        description: listed.map((code) => `\`${code}\`: ${ERRORS[code].detail}`).join('  \n'),
        standardSchema: problemSchema,
      }),
    ),
  );
}
