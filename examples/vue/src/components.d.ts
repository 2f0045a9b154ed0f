/** For compilers that know no `.vue`; `vue-tsc` does, and looks into them. */
declare module '*.vue' {
  import type { DefineComponent } from 'vue';
  const component: DefineComponent;
  export default component;
}
