import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

/** A part of the page, labelled by its heading. */
export function Card({ title, children }: { title: string; children: ComponentChildren }) {
  const id = useId();
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}
